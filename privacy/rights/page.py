"""The page of an export: what is known, in words and tables, for whoever opens the archive."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from privacy.rights.requests import Whose

_MOST_ROWS = 2_000
_TITLES = {
    "usage_events": ("What you did", "Ce que vous avez fait"),
    "trace_spans": ("What our servers did for you", "Ce que nos serveurs ont fait pour vous"),
}
_COLUMNS = {
    "usage_events": (
        "occurred_at",
        "name",
        "page",
        "browser",
        "os",
        "device",
        "country",
        "city",
        "properties",
    ),
    "trace_spans": ("started_at", "service", "name", "status", "attributes"),
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .5rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere } .fr { color: #555; font-style: italic }
"""


class Page:
    """Rows come in one by one; only the first of each store are shown, all are counted."""

    def __init__(self, whose: Whose, made_at: datetime) -> None:
        self._whose, self._made_at = whose, made_at
        self._shown: dict[str, list[str]] = {store: [] for store in _COLUMNS}
        self._rows: Counter[str] = Counter()
        self._days: Counter[str] = Counter()

    def add(self, store: str, row: Mapping[str, Any]) -> None:
        """One more row of a store."""
        self._rows[store] += 1
        self._days[row["received_at"][:10]] += 1
        if len(self._shown[store]) < _MOST_ROWS:
            cells = "".join(f"<td>{escape(_text(row[column]))}</td>" for column in _COLUMNS[store])
            self._shown[store].append(f"<tr>{cells}</tr>")

    def html(self) -> str:
        """The whole page; it loads nothing from anywhere."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        whose = "person" if self._whose.pseudonyms else "customer"
        yield "<!doctype html><html lang=en><meta charset=utf-8>"
        yield "<meta name=viewport content='width=device-width'>"
        yield f"<title>Data of one {whose} of {escape(self._whose.tenant)}</title><style>{_STYLE}</style>"
        yield f"<h1>Data of one {whose} of {escape(self._whose.tenant)}</h1>"
        yield (
            f"<p>Everything that is stored, on {self._made_at:%d %B %Y at %H:%M} UTC: "
            f"{self._rows.total():,} rows of {len(self._days):,} days. The files <code>usage.jsonl</code> "
            "and <code>spans.jsonl</code> hold all of them, for programs. Each row is deleted 90 days after "
            "it arrived, or sooner.</p>"
        )
        yield (
            "<p class=fr lang=fr>Tout ce qui est conservé. Les fichiers <code>usage.jsonl</code> et "
            "<code>spans.jsonl</code> contiennent l'ensemble, dans un format lisible par une machine. "
            "Chaque ligne est supprimée au plus tard 90 jours après son arrivée.</p>"
        )
        if self._whose.pseudonyms:
            yield f"<p>Your pseudonyms here: <code>{escape(', '.join(self._whose.pseudonyms))}</code></p>"
        for store, columns in _COLUMNS.items():
            english, french = _TITLES[store]
            yield f"<h2>{english} <span class=fr lang=fr>{french}</span></h2>"
            yield f"<p>{self._rows[store]:,} rows{_rest(self._rows[store])}</p>"
            heads = "".join(f"<th scope=col>{column}</th>" for column in columns)
            yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
            yield from self._shown[store]
            yield "</tbody></table>"


def _rest(rows: int) -> str:
    return f", of which the first {_MOST_ROWS:,} are shown here." if rows > _MOST_ROWS else "."


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {one}" for name, one in value.items())
    return str(value)
