"""The inventory: every place where telemetry can rest, one entry each."""

import functools
from datetime import timedelta

from privacy.retention import backups, browser, clocks, exports, logs, parts, spool, strays, tables, topics
from privacy.retention.days import LONGEST
from privacy.retention.reading import Store
from schemas.topics import ALL, SCHEMAS

_BY_ROW = f"each row's retention of 7 to {LONGEST} days"


def _spoken(limit: timedelta) -> str:
    hours = limit.total_seconds() / 3_600
    return f"{limit.days} days" if not hours % 24 else f"{limit.days} days and {hours % 24:.2g} hours"


_TABLES = tuple(
    Store(
        table.store,
        table.holds,
        _BY_ROW if table.retention == "retention_days" else f"{LONGEST} days",
        functools.partial(tables.measure, table),
    )
    for table in tables.TABLES
)
_EXPIRING = tuple(topic for topic in ALL if topic is not SCHEMAS)
_TOPICS = tuple(
    Store(
        f"topic {topic.name}",
        "records on their way, or buried",
        _spoken(topics.longest(topic)),
        functools.partial(topics.measure, topic),
    )
    for topic in _EXPIRING
)
STORES = (
    *_TABLES,
    Store(
        "projections",
        "what the tables keep a second time, in another order",
        "those of their tables",
        parts.projections,
    ),
    Store(parts.DETACHED, "parts that were taken out of a table", _BY_ROW, parts.detached),
    Store(
        "replaced parts",
        "what merges and deletions have replaced",
        "20 minutes after they were replaced",
        parts.replaced,
    ),
    Store("other tables", "whatever else ClickHouse keeps", "none may be", strays.strays),
    Store("ClickHouse's logs", "what was asked, when", _spoken(strays.LOGS_KEPT), strays.server_logs),
    *_TOPICS,
    Store(
        "other topics",
        "whatever else is named as Sillage's topics are",
        "none may be",
        functools.partial(topics.strays, [topic.name for topic in ALL]),
    ),
    Store("spool", "what collectors keep while Kafka is away", _spoken(spool.LIMIT), spool.measure),
    Store("browser queue", "what the SDK has captured and not sent", _spoken(browser.LIMIT), browser.measure),
    Store("logs", "what the processes say", _spoken(logs.LIMIT), logs.measure),
    Store("exports", "files that people have exported here", f"{LONGEST} days from arrival", exports.measure),
    Store("backups", "archives of days", _BY_ROW, backups.measure),
    Store("clocks", "nothing: by them it is told which day is over", "5 minutes apart", clocks.measure),
)
"""`sillage.schemas` holds schemas, the tables of `WITHOUT_TELEMETRY` counts and who was erased: no telemetry
rests there. Nor does it in the state directory's ledger, access log and certificates: pseudonyms do."""
