"""The short run: what was kept passes, the engine finds nothing, and finds what is broken on purpose."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fuzz.controls import CONTROLS
from tests.fuzz.replay import BAR, inputs, reach
from tests.fuzz.session import CORPUS, FOUND, Outcome, engine_is_here, fuzz
from tests.fuzz.targets import TARGETS

SECONDS = 2
"""For each target; `make fuzz` takes its time."""
needs_engine = pytest.mark.skipif(
    not engine_is_here(), reason="the fuzzing engine, atheris, is built for Linux on x86-64 alone"
)
CASES = [(name, file) for name in TARGETS for file in inputs(name, FOUND)]


@pytest.mark.parametrize(("target", "file"), CASES, ids=lambda one: getattr(one, "name", one))
def test_an_input_that_failed_once_passes(target: str, file: Path) -> None:
    TARGETS[target](file.read_bytes())


def test_the_corpus_passes_and_reaches_the_parsers_as_far_as_it_must() -> None:
    reached = reach(CORPUS)
    assert reached.percent >= BAR, reached.text()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What became of each target, as many at once as there are cores."""
    scratch = tmp_path_factory.mktemp("fuzz")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        run = [
            pool.submit(fuzz, target, SECONDS, scratch / "corpus" / target, scratch / target)
            for target in TARGETS
        ]
        return {one.result().target: one.result() for one in run}


@needs_engine
@pytest.mark.parametrize("target", TARGETS)
def test_the_engine_finds_nothing_in_a_short_time(target: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[target]
    assert not outcome.findings and not outcome.log, outcome.log
    assert outcome.executions > 0


@needs_engine
@pytest.mark.parametrize("name", CONTROLS)
def test_the_engine_finds_what_is_broken_on_purpose(name: str, tmp_path: Path) -> None:
    target = CONTROLS[name].target
    outcome = fuzz(target, 20, tmp_path / "corpus", tmp_path / "findings", name)
    assert outcome.findings, f"{outcome.executions} executions found nothing"
    assert "AssertionError" in outcome.log
