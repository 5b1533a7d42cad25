"""A part to test the supervisor with: `stand_in.py NAME JOURNAL BEHAVIOUR`.

It writes what happens to it into the journal, one line each.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from runtime import notify


def main(name: str, journal: Path, behaviour: str) -> None:
    def note(what: str) -> None:
        with journal.open("a") as out:
            out.write(f"{name} {what} {os.getpid()}\n")

    def stop(_number: int, _frame: FrameType | None) -> None:
        note("stopped")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "stubborn" else stop)
    note("started")
    if behaviour in ("failing", "failing-in-background"):
        sys.exit("out of paper")
    if behaviour == "finishing":
        return
    if behaviour == "parent":
        with subprocess.Popen([sys.executable, __file__, f"{name}'s child", journal, "stubborn"]):
            signal.pause()
    if not behaviour.startswith("never-ready"):
        notify.ready()
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
