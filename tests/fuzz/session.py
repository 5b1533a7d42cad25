"""A run of the engine over targets: their processes, what they did, and what they found."""

import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CORPUS, FOUND = HERE / "corpus", HERE / "found"
SLOW_SECONDS = 20
"""What takes one input longer is a finding: no parser may take more than linear time."""
_START_SECONDS = 60
_EXECUTIONS = re.compile(r"number_of_executed_units: (\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target. `log` is what the engine said last, where it found something."""

    target: str
    executions: int
    findings: list[Path]
    log: str


def engine_is_here() -> bool:
    """There are builds of the engine for Linux on x86-64 alone."""
    return importlib.util.find_spec("atheris") is not None


def fuzz(target: str, seconds: int, corpus: Path, findings: Path, control: str = "") -> Outcome:
    """Run one target from the kept corpus on; new inputs go to `corpus`, failing ones to `findings`."""
    kept = CORPUS / target
    for directory in (corpus, findings, kept):
        directory.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    options = [
        str(corpus), str(kept), f"-max_total_time={seconds}", f"-timeout={SLOW_SECONDS}", "-len_control=0",
        "-max_len=4096", f"-dict={HERE / 'words.dict'}", f"-artifact_prefix={findings}/",
        "-rss_limit_mb=2048", "-print_final_stats=1",
    ]  # fmt: skip
    ended = _engine(target, control, options, seconds + _START_SECONDS + SLOW_SECONDS)
    executions = _EXECUTIONS.search(ended.stdout)
    found = sorted(set(findings.iterdir()) - before)
    log = ended.stdout[-4_000:] if found or ended.returncode else ""
    return Outcome(target, int(executions[1]) if executions else 0, found, log)


def merge(target: str, into: Path, sources: list[Path]) -> None:
    """Put into the empty directory as few of the inputs as reach what all of them reach."""
    into.mkdir(parents=True)
    directories = [str(one) for one in (into, *sources) if one.exists()]
    options = ["-set_cover_merge=1", "-max_len=4096", f"-artifact_prefix={into.parent}/"]
    _engine(target, "", [*options, *directories], 600)


def _engine(
    target: str, control: str, options: list[str], seconds: int
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.fuzz.engine", target, *filter(None, [control]), "--", *options]
    return subprocess.run(
        command,
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
    )
