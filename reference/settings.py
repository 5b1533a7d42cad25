"""Every setting: variable, what it takes, default, meaning; by the part of the code that declares it."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from reference.markdown import code, table
from runtime import settings as declared
from runtime.settings import PROCESSES, variable
from runtime.settings.reading import PARSERS

_TITLES = {
    "ProcessSettings": "Every process",
    "KafkaSettings": "Kafka",
    "ClickHouseSettings": "ClickHouse",
    "SchemaRegistrySettings": "Schema registry",
    "StateSettings": "State",
    "OperatorSettings": "Operators",
    "RetentionSettings": "Retention",
    "TenantSettings": "Tenants",
    "CollectorSettings": "`sillage collector`",
    "ConsumerSettings": "`sillage consumer`",
    "JobSettings": "`sillage jobs`",
    "MigrateSettings": "`sillage migrate`",
    "QuerySettings": "Questions",
    "PrivacySettings": "Rights of the person",
}
_REMARKS = {
    "SILLAGE_SEGMENTS_FILE": "[What stands in it](filters.md#segments).",
    "SILLAGE_OPERATOR_TOKEN": "[What operators are](rights.md).",
    "SILLAGE_TENANTS_FILE": "[Its fields](tenants.md).",
    "SILLAGE_PSEUDONYM_KEYS_FILE": "[Rotation](../how-to/rotate-keys.md).",
    "SILLAGE_FORWARDED_HEADER": "[Who the client is](privacy.md#who-the-client-is).",
    "SILLAGE_SPOOL_DIR": "`sillage up` sets it to `spool` in its data directory.",
    "SILLAGE_STATE_DIR": "Commands that ask questions note there which files they wrote.",
    "SILLAGE_COLLECTOR_METRICS_URLS": "Without them the report cannot tell, and says so.",
    "SILLAGE_JOBS_INTERVAL_SECONDS": "One begins at midnight (UTC) in any case.",
}
_DEFAULTS = {
    "SILLAGE_DENIED_PROPERTIES": "[a list](privacy.md#properties-that-are-denied)",
    "SILLAGE_DENIED_ATTRIBUTES": "[a list](privacy.md#attributes-that-are-denied)",
    "SILLAGE_GEO_DATABASES": "what [`sillage geo fetch`](geography.md) cached",
}


def settings() -> str:
    """A section for each class that declares settings of its own."""
    return "\n\n".join(_section(declarer) for declarer in _declarers())


def _declarers() -> list[type]:
    """In the order of the titles; those without one come last."""
    order = {name: place for place, name in enumerate(_TITLES)}
    found = [
        one for one in vars(declared).values() if is_dataclass(one) and isinstance(one, type) and _own(one)
    ]
    return sorted(found, key=lambda one: order.get(one.__name__, len(order)))


def _own(declarer: type) -> list["Field[Any]"]:
    return [one for one in fields(declarer) if one.name in inspect.get_annotations(declarer)]


def _title(declarer: type) -> str:
    words = re.findall("[A-Z][a-z]*", declarer.__name__.removesuffix("Settings"))
    return _TITLES.get(declarer.__name__, " ".join(words).capitalize())


def _section(declarer: type) -> str:
    readers = [_title(process) for process in PROCESSES if issubclass(process, declarer)]
    about = (declarer.__doc__ or "").strip().splitlines()[0]
    read_by = f"{about} Read by: {', '.join(readers)}." if readers != [_title(declarer)] else about
    rows = [_row(one) for one in _own(declarer)]
    return f"## {_title(declarer)}\n\n{read_by}\n\n{table(('variable', 'takes', 'default', 'meaning'), rows)}"


def _row(one: "Field[Any]") -> Sequence[str]:
    name = variable(one.name)
    meaning = [one.metadata["meaning"], _REMARKS.get(name, "")]
    meaning += [] if one.repr else ["A secret: in no log."]
    return code(name), _takes(one), _DEFAULTS.get(name) or _default(one.default), " ".join(meaning)


def _takes(one: "Field[Any]") -> str:
    if choices := one.metadata["one_of"]:
        return ", ".join(code(choice) for choice in choices)
    least = one.metadata["at_least"]
    return PARSERS[one.type][1] + (f", {least:,} or more" if least else "")


def _default(value: Any) -> str:
    if value is MISSING:
        return "required"
    if value is None:
        return "none"
    return code(", ".join(map(str, value)) if isinstance(value, tuple) else value) or "empty"
