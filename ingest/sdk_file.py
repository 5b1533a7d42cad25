"""The browser SDK's built file, served as `/sillage.js`."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from ingest.answers import Answer
from runtime.settings import SettingError

_BUILT = (
    Path(__file__).parent / "assets" / "sillage.min.js",  # in an installed wheel
    Path(__file__).parents[1] / "sdk" / "dist" / "sillage.min.js",  # in a checkout
)


@dataclass(frozen=True)
class SdkFile:
    """The file as it is served, and what is answered to who has it already."""

    etag: str
    whole: Answer
    not_modified: Answer


def read() -> SdkFile:
    """Read the built SDK; raises SettingError when it has not been built."""
    for file in _BUILT:
        if file.exists():
            content = file.read_bytes()
            return _served(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
    raise SettingError("The browser SDK is not built. In a checkout, run `make sdk`.")


def _served(content: bytes, etag: str) -> SdkFile:
    # Any page may load it: that is what it is for.
    caching = [
        ("etag", etag),
        ("cache-control", "public, max-age=3600"),
        ("cross-origin-resource-policy", "cross-origin"),
    ]
    typed = [("content-type", "text/javascript; charset=utf-8"), *caching]
    return SdkFile(
        etag, Answer(HTTPStatus.OK, content, typed), Answer(HTTPStatus.NOT_MODIFIED, headers=caching)
    )
