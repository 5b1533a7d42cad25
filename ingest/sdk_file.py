"""The browser SDK's built file, served as `/sillage.js`."""

from pathlib import Path

from ingest.served_file import ServedFile
from runtime.settings import SettingError

_BUILT = (
    Path(__file__).parent / "assets" / "sillage.min.js",  # in an installed wheel
    Path(__file__).parents[1] / "sdk" / "dist" / "sillage.min.js",  # in a checkout
)


def read() -> ServedFile:
    """Read the built SDK; raises SettingError when it has not been built."""
    for file in _BUILT:
        if file.exists():
            return ServedFile.of(file.read_bytes(), "text/javascript; charset=utf-8")
    raise SettingError("The browser SDK is not built. In a checkout, run `make sdk`.")
