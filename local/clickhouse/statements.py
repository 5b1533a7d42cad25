"""Where a statement ends and its data begins, and the format a statement names."""

import re
from dataclasses import dataclass

_SKIPPED = rb"\s+|--[^\n]*|#[! ][^\n]*|/\*.*?\*/"
_TOKEN = re.compile(
    rb"(?P<skipped>" + _SKIPPED + rb")|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\"(?:\\.|[^\"\\])*\""
    rb"|(?P<word>[A-Za-z_]\w*)|(?P<bracket>[()])|.",
    re.DOTALL,
)
_INSERT = re.compile(rb"(?:" + _SKIPPED + rb")*INSERT\b", re.IGNORECASE | re.DOTALL)
_FORMAT_NAME = re.compile(rb"\s+(\w+)")
_BLANKS = re.compile(rb"[ \t\f]*(?:\r?\n)?")
_LAST_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*(?:SETTINGS\s(?:'[^']*'|[^';])*)?[\s;]*\Z", re.IGNORECASE)
_INPUT = re.compile(rb"\b(?:SELECT|WITH)\b.*\binput[`\"]?\s*\(", re.IGNORECASE | re.DOTALL)
_HAS_NO_DATA = frozenset({b"SELECT", b"WITH", b"INFILE", b"WATCH"})


@dataclass(frozen=True)
class Insert:
    """An INSERT whose rows follow as data: `target [settings] FORMAT format`, then `data`."""

    target: bytes
    settings: bytes
    format: bytes
    data: bytes

    def reading(self, path: str) -> bytes:
        """The same statement, reading its rows from the file at `path`."""
        return b"%s\nFROM INFILE '%s' %s\nFORMAT %s" % (
            self.target,
            path.encode(),
            self.settings,
            self.format,
        )


def split_insert(text: bytes) -> Insert | None:
    """Find where the data of an INSERT begins; None where the statement has none, or is no INSERT."""
    if not _INSERT.match(text):
        return None
    depth, settings = 0, None
    for token in _TOKEN.finditer(text):
        depth += {b"(": 1, b")": -1}.get(token["bracket"] or b"", 0)
        word = (token["word"] or b"").upper() if depth == 0 else b""
        if word in _HAS_NO_DATA:
            return None
        if word == b"SETTINGS" and settings is None:
            settings = token.start()
        name = _FORMAT_NAME.match(text, token.end()) if word == b"FORMAT" else None
        if name or word == b"VALUES":
            target = text[: token.start() if settings is None else settings]
            clause = b"" if settings is None else text[settings : token.start()]
            if not name:
                return Insert(target, clause, b"Values", text[token.end() :])
            return Insert(target, clause, name[1], text[_data_begin(text, name.end()) :])
    return None


def _data_begin(text: bytes, at: int) -> int:
    """Skip the blanks, and the one line break, that part a format's name from the data."""
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def inserts_from_input(text: bytes) -> bool:
    """Whether this may be an INSERT ... SELECT that reads rows sent with it, through `input()`."""
    return bool(_INSERT.match(text) and _INPUT.search(text))


def named_format(text: bytes) -> str | None:
    """The format that a query ends with."""
    found = _LAST_FORMAT.search(text)
    return found[1].decode() if found else None
