"""The browser SDK's built files: the script under its short name, all under the names of their content."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingest.served_file import ServedFile
from runtime.settings import SettingError

ABOUT = "sillage.json"
"""Says which file is the script and what its integrity is; `sdk/build.mjs` writes it last."""

_BUILT = (
    Path(__file__).parent / "assets",  # in an installed wheel
    Path(__file__).parents[1] / "sdk" / "dist" / "served",  # in a checkout
)
_AN_HOUR = "public, max-age=3600"
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".map": "application/json", ".json": "application/json"}


class _About(msgspec.Struct):
    """What of `sillage.json` is needed here."""

    file: str


@dataclass(frozen=True, slots=True)
class SdkFiles:
    """The script, and every file by the name under which `/sdk/` has it."""

    script: ServedFile
    by_name: dict[bytes, ServedFile]


def read() -> SdkFiles:
    """Read the built SDK; raises SettingError when it has not been built."""
    directory = _directory()
    if directory is None:
        raise SettingError("The browser SDK is not built. In a checkout, run `make sdk`.")
    about = msgspec.json.decode((directory / ABOUT).read_bytes(), type=_About)
    by_name = {file.name.encode(): _served(file, _caching(file)) for file in _files(directory)}
    return SdkFiles(_served(directory / about.file, _AN_HOUR, "sdk/"), by_name)


def names() -> list[str]:
    """The names under `/sdk/`."""
    directory = _directory()
    return [file.name for file in _files(directory)] if directory else [ABOUT]


def _directory() -> Path | None:
    return next((directory for directory in _BUILT if (directory / ABOUT).exists()), None)


def _files(directory: Path) -> list[Path]:
    return sorted(file for file in directory.iterdir() if file.suffix in _TYPES)


def _served(file: Path, caching: str, maps: str = "") -> ServedFile:
    """Readable by any page: one that checks a script's integrity has to read it.

    `maps` is where source maps are. Scripts go out as the build has compressed them: more than we would.
    """
    headers = [("access-control-allow-origin", "*")]
    if file.suffix == ".js":
        headers.append(("sourcemap", maps + _map_of(file.name)))
    packed = file.with_name(f"{file.name}.gz")
    return ServedFile.of(
        file.read_bytes(),
        _TYPES[file.suffix],
        caching,
        *headers,
        packed=packed.read_bytes() if packed.exists() else None,
    )


def _caching(file: Path) -> str:
    """A script's name holds its hash: what it names never changes."""
    return _FOR_EVER if file.suffix == ".js" else _AN_HOUR


def _map_of(script: str) -> str:
    """`sillage-0123456789ab.js` has its source map in `sillage.min.js.map`."""
    return f"{script.rpartition('-')[0]}.min.js.map"
