"""What is a person's, row by row, for their own eyes: of the tables, so that the hidden too is shown to them.

What others may be in is left out: rows without a user in a session, or of a trace, that somebody else was in
too (GDPR, article 15(4)). A tenant is given everything of its own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from privacy.rights.requests import Whose
from privacy.rights.subjects import SUBJECT

_MINE = "tenant = {tenant:String} AND user_id IN {users:Array(String)}"
_OTHERS = "tenant = {tenant:String} AND user_id != '' AND user_id NOT IN {users:Array(String)}"
_SESSIONS = f"""
    SELECT session_id FROM usage_events WHERE {_MINE} AND session_id != ''
    UNION DISTINCT
    SELECT session_id FROM trace_spans WHERE {_MINE} AND session_id != ''
"""  # noqa: S608  texts of this module alone, here and below
_OWN_SESSIONS = f"""
    SELECT session_id FROM ({_SESSIONS}) WHERE session_id NOT IN
    (
        SELECT session_id FROM usage_events WHERE {_OTHERS} AND session_id IN ({_SESSIONS})
        UNION ALL
        SELECT session_id FROM trace_spans WHERE {_OTHERS} AND session_id IN ({_SESSIONS})
    )
"""  # noqa: S608
_OURS = f"""
    tenant = {{tenant:String}}
    AND (user_id IN {{users:Array(String)}} OR user_id = '' AND session_id IN ({_OWN_SESSIONS}))
"""
_TRACES = f"""
    SELECT lower(trace_id) AS trace FROM usage_events WHERE {_OURS} AND trace_id != ''
    UNION DISTINCT
    SELECT lower(hex(trace_id)) AS trace FROM trace_spans WHERE {_OURS}
"""  # noqa: S608
_OWN_TRACES = f"""
    SELECT trace FROM ({_TRACES}) WHERE trace NOT IN
    (
        SELECT lower(trace_id) FROM usage_events WHERE {_OTHERS} AND lower(trace_id) IN ({_TRACES})
        UNION ALL
        SELECT lower(hex(trace_id)) FROM trace_spans WHERE {_OTHERS} AND lower(hex(trace_id)) IN ({_TRACES})
    )
"""  # noqa: S608
_WHOSE = f"""
    {_OURS}
    OR tenant = {{tenant:String}} AND user_id = '' AND session_id = '' AND SUBJECT IN ({_OWN_TRACES})
"""
_IS_KEPT = "toDate(received_at, 'UTC') + retention_days > toDate(now('UTC'))"
_EVENT = """
    toString(toUUID(UUIDNumToString(event_id))) AS event_id, received_at, occurred_at, client_at, kind, name,
    page, referrer, user_id, session_id, trace_id, properties_json AS properties, sdk, release, language,
    screen, timezone, browser, browser_version, os, os_version, device, is_bot, bot_reasons, country, region,
    city, retention_days
"""
_SPAN = """
    lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id,
    lower(hex(parent_span_id)) AS parent_span_id, received_at,
    started_at, duration_ns, service, name, kind, status, status_message, http_status, user_id,
    session_id, trace_state, attributes, resource, scope_name, scope_version, scope_attributes,
    `events.at` AS event_times, `events.name` AS event_names,
    arrayMap(m -> mapApply((k, v) -> (k, hex(v)), m), `events.attributes`) AS event_attributes,
    arrayMap(id -> lower(hex(id)), `links.trace_id`) AS link_trace_ids, retention_days
"""


@dataclass(frozen=True)
class Store:
    """A table of people's rows, and the file of the archive that it goes to."""

    table: str
    file: str
    columns: str
    order: str

    def where(self, whose: Whose) -> str:
        """The condition; `parameters` has what it names."""
        mine = f"({_WHOSE})" if whose.pseudonyms else "tenant = {tenant:String}"
        return f"{mine} AND {_IS_KEPT}".replace("SUBJECT", SUBJECT[self.table])


STORES = (
    Store("usage_events", "usage.jsonl", _EVENT, "received_at, event_id"),
    Store("trace_spans", "spans.jsonl", _SPAN, "received_at, trace_id, span_id"),
)
_SETTINGS = {"output_format_json_quote_64bit_integers": 0, "date_time_output_format": "iso"}


def count(client: Client, store: Store, whose: Whose) -> int:
    """How many rows there are."""
    sql = f"SELECT count() FROM {store.table} WHERE {store.where(whose)}"  # noqa: S608
    return int(client.query(sql, _parameters(whose)).result_rows[0][0])


def rows(client: Client, store: Store, whose: Whose) -> Iterator[dict[str, Any]]:
    """Each, in the order of its arrival; raises clickhouse_connect's errors, also amid the rows."""
    sql = f"""
        SELECT {store.columns}
        FROM (SELECT * FROM {store.table} WHERE {store.where(whose)}) -- so that no name below is one of these
        ORDER BY {store.order}
    """  # noqa: S608
    stream = client.raw_stream(sql, _parameters(whose), settings=_SETTINGS, fmt="JSONEachRow")
    for line in stream:
        row = json.loads(line)
        if "properties" in row:
            row["properties"] = json.loads(row["properties"] or "{}")
        if "event_attributes" in row:
            row["event_attributes"] = [_texts(one) for one in row["event_attributes"]]
        yield row


def _texts(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes of a span's event are kept as the bytes that travelled."""
    return {name: _text(AnyValue.FromString(bytes.fromhex(value))) for name, value in attributes.items()}


def _text(value: AnyValue) -> str:
    kind = value.WhichOneof("value")
    return "" if kind is None else str(getattr(value, kind)).strip()


def _parameters(whose: Whose) -> dict[str, Any]:
    return {"tenant": whose.tenant, "users": list(whose.pseudonyms)}
