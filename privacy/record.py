"""The record of processing (GDPR, article 30(2)) as the live schema has it: each column has its purpose."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from clickhouse_connect.driver.client import Client

from privacy.retention.tables import TABLES, WITHOUT_TELEMETRY


class Category(StrEnum):
    """What a column tells of people, and what for."""

    WHO = "who: a pseudonym, a session, a trace; to tell visits apart, to count users, to answer for rights"
    WHAT = "what was done and when; to analyse the volume and history of use, to improve use"
    TRACE = "what the application did for it; to find and solve problems"
    WITH = "browser, system, device, language; to solve problems and improve use"
    WHERE = "country, region, city at the finest; to analyse use"
    KEEPING = "whose data, since when, for how long; to delete in time"
    WAY = "how it came: batch and record; to store each once"
    COUNT = "counts made of the above; to answer questions quickly"


_COLUMNS: Mapping[Category, str] = {
    Category.WHO: "user_id session_id trace_id user session users sessions user_hashes subject",
    Category.WHAT: "kind name occurred_at client_at page referrer properties_json event_id hour slice times",
    Category.TRACE: "service started_at duration_ns status status_message http_status span_id parent_span_id"
    " trace_state flags resource resource_types attributes attribute_types scope_name scope_version"
    " scope_attributes scope_types events.at events.name events.attributes links.trace_id links.span_id"
    " links.trace_state links.flags links.attributes dropped",
    Category.WITH: "sdk release language screen timezone browser browser_version os os_version device is_bot"
    " bot_reasons",
    Category.WHERE: "country region city",
    Category.KEEPING: "received_at tenant retention_days day until keep_until request last_at",
    Category.WAY: "batch_id topic_id kafka_partition kafka_offset roll share rolled_at",
    Category.COUNT: "events rows days",
}
CATEGORY = {column: category for category, columns in _COLUMNS.items() for column in columns.split()}
_PEOPLE = ("suppressions", "hidden")
"""Tables without telemetry that hold pseudonyms all the same."""
_SCHEMA = """
    SELECT table, groupArray(name)
    FROM (
        SELECT table, name FROM system.columns
        WHERE database = currentDatabase() AND table IN {tables:Array(String)}
        ORDER BY table, position
    )
    GROUP BY table ORDER BY table
"""
_OF_ALL = {
    "Categories of processing": "collecting, storing, analysing, exporting and erasing data of the use of an"
    " application, on behalf of each tenant (the controller)",
    "Persons": "users of the tenant's application",
    "Recipients": "the tenant; operators by their role ([operators](../reference/rights.md#operators))",
    "Transfers to third countries": "none: hosting within the EU; nothing is sent elsewhere",
    "Time limit": "90 days from arrival, or 7, 14, 30 or 60, by tenant; then deleted",
    "Security": "pseudonyms keyed by tenant, truncated addresses, TLS, named operators with roles, chained"
    " logs of every reading and of every right exercised",
}
_HEAD = """\
# Record of processing

Of the processor, by article 30(2) GDPR; made from the live schema by `sillage audit record`. Names and
addresses of the processor, its data protection officer and each controller are the operator's to add.

| | |
|---|---|
"""


class UnknownColumn(Exception):
    """A column that the record does not know: say in privacy/record.py what it is for."""


def record_of_processing(client: Client) -> str:
    """The record in Markdown; raises UnknownColumn."""
    return "\n".join(_lines(client)) + "\n"


def _lines(client: Client) -> Iterator[str]:
    yield _HEAD + "".join(f"| {name} | {text} |\n" for name, text in _OF_ALL.items())
    holds = {table.name: table.holds for table in TABLES} | {
        name: WITHOUT_TELEMETRY[name] for name in _PEOPLE
    }
    for table, columns in client.query(_SCHEMA, {"tables": list(holds)}).result_rows:
        yield f"## `{table}`\n\n{holds[table].capitalize()}.\n"
        yield "| data | columns |\n|---|---|"
        grouped: dict[Category, list[str]] = {}
        for column in columns:
            if column not in CATEGORY:
                raise UnknownColumn(f"{table}.{column}: privacy/record.py does not say what it is for.")
            grouped.setdefault(CATEGORY[column], []).append(f"`{column}`")
        for category in Category:
            if category in grouped:
                yield f"| {category} | {', '.join(grouped[category])} |"
        yield ""
