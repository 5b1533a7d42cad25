"""Texts of strangers on a terminal: without what would steer it, and no longer than a line has room for."""

_CUT = 200
_STEERING = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233, *range(8234, 8239)), "�")
_STEERING |= dict.fromkeys(range(8294, 8298), "�")


def plain(text: str, longest: int = _CUT) -> str:
    """Replace control characters and those that turn a text's direction; cut what is too long, and say so."""
    shown = text[:longest].translate(_STEERING)
    return shown if len(text) <= longest else f"{shown}… ({len(text):,} characters)"
