"""What a PromQL expression asks for, by a parser of the language."""

import promql_parser
from promql_parser import AggregateExpr, Expr, VectorSelector

from tests.deploy.metric_names import series

SERIES = series()


def mistakes(expression: str) -> list[str]:
    """Names and labels that no page of metrics has; ValueError where it is no PromQL."""
    found: list[str] = []
    grouped: set[str] = set()
    named: set[str] = set()

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            named.add(node.name or "")
            known = SERIES.get(node.name or "")
            if known is None:
                found.append(f"no metric {node.name}")
            else:
                asked = {matcher.name for matcher in node.matchers.matchers}
                found.extend(f"{node.name} has no label {label}" for label in sorted(asked - known))
        elif isinstance(node, AggregateExpr) and node.modifier:
            grouped.update(node.modifier.labels)

    promql_parser.walk(promql_parser.parse(expression), look)
    labels = set().union(*(SERIES.get(name, set()) for name in named))
    return found + [f"nothing has the label {label}" for label in sorted(grouped - labels)]
