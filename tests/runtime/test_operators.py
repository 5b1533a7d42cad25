"""Operators: tokens that are shown once, roles that allow some things, and whoever is revoked."""

import stat
from pathlib import Path

import pytest

from runtime.operators import RIGHTS, OperatorRefused, Operators, Right, Role, local_token, operator
from runtime.settings import OperatorSettings


@pytest.fixture
def operators(tmp_path: Path) -> Operators:
    return Operators(tmp_path / "state")


def test_a_token_is_whose_it_was_made_for_and_stands_nowhere(operators: Operators, tmp_path: Path) -> None:
    token, other = operators.add("ada", Role.PRIVACY), operators.add("alan", Role.SRE)
    assert (operators.whose(token).name, operators.whose(f"{other}\n").role) == ("ada", Role.SRE)
    file = tmp_path / "state" / "operators.json"
    assert token not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_who_is_revoked_may_nothing_and_the_name_is_free_again(operators: Operators) -> None:
    token = operators.add("ada", Role.ADMIN)
    operators.revoke("ada")
    with pytest.raises(OperatorRefused, match="The token of ada was revoked"):
        operators.whose(token)
    operators.whose(operators.add("ada", Role.SRE))
    assert [one.role for one in operators.all()] == [Role.ADMIN, Role.SRE]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda one: one.whose("op_unknown"), "No operator in .* has this token"),
        (lambda one: one.revoke("nobody"), "There is no operator nobody"),
        (lambda one: one.add("-x", Role.SRE), "'-x' is no name"),
        (lambda one: [one.add("ada", Role.SRE) for _ in range(2)], "There is an operator ada already"),
    ],
)
def test_what_is_refused_is_told_with_what_to_do(operators: Operators, wrong, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OperatorRefused, match=said):
        wrong(operators)


def test_a_role_allows_what_its_rights_say(operators: Operators) -> None:
    for role in Role:
        one = operators.whose(operators.add(f"a-{role}", role))
        for right in Right:
            if right in RIGHTS[role]:
                one.check(right)
            else:
                with pytest.raises(OperatorRefused, match=f"a-{role} is {role}, which may not {right}"):
                    one.check(right)


def test_the_token_comes_from_the_setting_or_from_its_file(operators: Operators, tmp_path: Path) -> None:
    state = tmp_path / "state"
    token, file = operators.add("ada", Role.ADMIN), local_token(state, "local")
    settings = OperatorSettings(state_dir=state, operator_token_file=file)
    assert operator(settings).name == "local"
    assert (
        operator(OperatorSettings(state_dir=state, operator_token=token, operator_token_file=file)).name
        == "ada"
    )
    with pytest.raises(OperatorRefused, match="set SILLAGE_OPERATOR_TOKEN"):
        operator(OperatorSettings(state_dir=state))
    with pytest.raises(OperatorRefused, match="cannot be read: No such file"):
        operator(OperatorSettings(state_dir=state, operator_token_file=tmp_path / "none"))


def test_whoever_starts_a_stack_is_an_administrator_even_if_killed_amid_it(tmp_path: Path) -> None:
    file = local_token(tmp_path, "local")
    assert local_token(tmp_path, "local").read_text() == file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    local_token(tmp_path, "local")
    assert Operators(tmp_path).whose(file.read_text()).role is Role.ADMIN
    assert [bool(one.revoked) for one in Operators(tmp_path).all()] == [True, False]


def test_a_damaged_file_is_named(operators: Operators, tmp_path: Path) -> None:
    operators.add("ada", Role.ADMIN)
    (tmp_path / "state" / "operators.json").write_text('[{"name": "ada"}]')
    with pytest.raises(OperatorRefused, match=r"operators\.json cannot be read"):
        operators.all()
