"""`python -m tests.fuzz.engine TARGET [CONTROL] -- OPTIONS`: one target under atheris, until it ends.

The child process of `tests.fuzz.session`: the engine ends its process, and every module must be instrumented
while it is imported.
"""

import shlex
import sys

import atheris

with atheris.instrument_imports(
    include=["ingest", "schemas.properties", "schemas.avro_writer", "tests.fuzz"]
):
    from tests.fuzz.controls import CONTROLS
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Never returns: the engine exits, 0 when it found nothing."""
    before = sys.argv.index("--")
    target, *control = sys.argv[1:before]
    if control:
        CONTROLS[control[0]].weaken()
    # A merge starts this command again, through a shell.
    myself = shlex.join([sys.executable, "-m", "tests.fuzz.engine", *sys.argv[1 : before + 1]])
    atheris.Setup([myself, *sys.argv[before + 1 :]], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
