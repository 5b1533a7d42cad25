"""make audit: what is known is told, and what could not be looked up is not taken for harmless."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from deploy import audit
from deploy.audit import CannotTell, main, npm_packages, of_npm_audit, of_pip_audit

FINE = {"name": "click", "version": "8.2.0", "vulns": []}
HARMED = {
    "name": "jinja2", "version": "2.4.1",
    "vulns": [
        {"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"]}, {"id": "PYSEC-2099-1", "fix_versions": []},
    ],
}  # fmt: skip
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited"}
NPM_HARMED = {
    "vulnerabilities": {
        "esbuild": {"severity": "moderate", "range": "<=0.24.2", "via": [{"title": "reads answers"}]},
        "vite": {"severity": "moderate", "range": "<=6.1.6", "via": ["esbuild"]},
    }
}


def python(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.fixture
def tools_say(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def say(pip_audit: str, npm: str) -> None:
        answers = ((lambda: pip_audit, of_pip_audit), (lambda: npm, of_npm_audit))
        monkeypatch.setattr(audit, "AUDITS", answers)

    return say


def test_each_vulnerability_is_told_with_the_version_that_mends_it() -> None:
    assert list(of_pip_audit(python(FINE, HARMED))) == [
        "jinja2 2.4.1: PYSEC-2021-66; mended in: 2.11.3",
        "jinja2 2.4.1: PYSEC-2099-1; mended in: none yet",
    ]
    assert list(of_npm_audit(json.dumps(NPM_HARMED))) == [
        "esbuild <=0.24.2 (moderate): reads answers",
        "vite <=6.1.6 (moderate): by esbuild",
    ]


def test_a_package_that_was_passed_over_is_not_taken_for_harmless() -> None:
    with pytest.raises(CannotTell, match="1 of 2 Python packages were not looked up: rich"):
        list(of_pip_audit(python(FINE, SKIPPED)))


@pytest.mark.parametrize("text", ["", "Traceback", "{}", '{"message": "405 Method Not Allowed"}'])
def test_an_answer_without_a_list_tells_nothing(text: str) -> None:
    for read in (of_pip_audit, of_npm_audit):
        with pytest.raises(CannotTell):
            list(read(text))


def test_exit_codes_tell_none_some_and_cannot_tell_apart(tools_say: Callable[[str, str], None]) -> None:
    npm_fine = json.dumps({"vulnerabilities": {}})
    cases = {
        (python(FINE), npm_fine): 0,
        (python(FINE, HARMED), npm_fine): 1,
        (python(FINE), json.dumps(NPM_HARMED)): 1,
        (python(SKIPPED), npm_fine): 2,
        (python(FINE), '{"message": "unreachable"}'): 2,
    }
    for (pip_audit, npm), code in cases.items():
        tools_say(pip_audit, npm)
        done = CliRunner().invoke(main)
        assert done.exit_code == code, done.output
        assert ("check the network" in done.output) == (code == 2)


def test_a_registry_that_is_away_is_a_sentence_and_no_trace(
    monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{unused_port}")
    with pytest.raises(CannotTell, match=r"npm was told nothing: .*ECONNREFUSED"):
        list(of_npm_audit(npm_packages()))
