"""The browser SDK's built file, served as `/sillage.js`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from runtime.settings import SettingError

_BUILT = (
    Path(__file__).parent / "assets" / "sillage.min.js",  # in an installed wheel
    Path(__file__).parents[1] / "sdk" / "dist" / "sillage.min.js",  # in a checkout
)


@dataclass(frozen=True)
class SdkFile:
    """The file's bytes and their entity tag."""

    content: bytes
    etag: str


def read() -> SdkFile:
    """Read the built SDK; raises SettingError when it has not been built."""
    for file in _BUILT:
        if file.exists():
            content = file.read_bytes()
            return SdkFile(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
    raise SettingError("The browser SDK is not built. In a checkout, run `make sdk`.")
