"""Every metric: name, type, labels, meaning, and which commands serve it."""

import ast
from collections import defaultdict
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from reference.markdown import code, table
from runtime import metrics as declared

_ROOT = Path(__file__).parents[1]
_SERVED_BY = {
    "ingest": {"collector"},
    "consumers": {"consumer"},
    "jobs": {"jobs"},
    "privacy": {"jobs"},
    "runtime": {"collector", "consumer", "jobs"},
}
"""Which commands run what a room counts; a module of `cli` is a command itself."""


def metrics() -> str:
    """The table, in the order of `runtime/metrics.py`."""
    served_by = _processes()
    rows = [
        (
            code(_served_name(metric)),
            str(metric._type),
            ", ".join(code(label) for label in metric._labelnames),
            metric._documentation,
            ", ".join(code(f"sillage {one}") for one in sorted(served_by[name])),
        )
        for name, metric in every_metric().items()
    ]
    return table(("metric", "type", "labels", "meaning", "counted by"), rows)


def every_metric() -> dict[str, MetricWrapperBase]:
    """Each by the name of its variable."""
    return {name: one for name, one in vars(declared).items() if isinstance(one, MetricWrapperBase)}


def _served_name(metric: MetricWrapperBase) -> str:
    """As `/metrics` has it: a counter's ends with `_total`."""
    return str(metric._name) + ("_total" if metric._type == "counter" else "")


def _processes() -> dict[str, set[str]]:
    """For each metric the commands in whose code it is counted."""
    found: dict[str, set[str]] = defaultdict(set)
    for room in (*_SERVED_BY, "cli"):
        for file in (_ROOT / room).rglob("*.py"):
            command = file.relative_to(_ROOT / room).parts[0].removesuffix(".py")
            for name in _counted_in(ast.parse(file.read_text())):
                found[name] |= _SERVED_BY.get(room, {command})
    return found


def _counted_in(tree: ast.Module) -> set[str]:
    """The metrics that a module changes: what it only reads of another process is none."""
    return {
        node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("inc", "set", "labels", "observe", "set_to_current_time", "time")
        and isinstance(node.value, ast.Attribute | ast.Name)
    }
