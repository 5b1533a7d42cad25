"""Filters as SQL: the text is this module's and the columns'; names and values travel as parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from queries.usage.fields import FIELDS, PROPERTY, property_named
from queries.usage.filters.operators import LISTS, Operator, Scalar
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not

VIEW: Mapping[str, str] = {one.name: one.column for one in FIELDS.values()} | {PROPERTY: "properties_json"}
"""The columns of the view `usage`, by field; under `property.` the JSON that has the properties."""

Parameters = dict[str, str | float | list[str | float]]

_CONDITIONS: dict[Operator, str] = {
    "=": "{field} = {value}",
    "!=": "{field} != {value}",
    "<": "{field} < {value}",
    "<=": "{field} <= {value}",
    ">": "{field} > {value}",
    ">=": "{field} >= {value}",
    "in": "{field} IN {value}",
    "not in": "{field} NOT IN {value}",
    "contains": "position({field}, {value}) > 0",
    "not contains": "position({field}, {value}) = 0",
    "starts with": "startsWith({field}, {value})",
}


@dataclass(frozen=True)
class _Kind:
    """A type of properties: values of it, how it is read, what JSONType calls it, its parameters."""

    type: type
    read: str
    called: str
    parameter: str


_KINDS = (
    _Kind(str, "JSONExtractString", "('String')", "String"),
    _Kind(float, "JSONExtractFloat", "('Double', 'Int64', 'UInt64')", "Float64"),
    _Kind(bool, "JSONExtractBool", "('Bool')", "UInt8"),
)


@dataclass(frozen=True)
class Compiled:
    """A condition in parentheses, never NULL, and the server-side parameters that it names."""

    sql: str
    parameters: Parameters


def compile_filter(filter_: Filter, columns: Mapping[str, str] = VIEW, prefix: str = "f") -> Compiled:
    """The condition of an event of which the filter holds.

    `columns` has an SQL expression for each field that the filter asks for, and under `property.` that of the
    JSON text of all properties. Parameters are called by the prefix and a number, so that filters of one
    question take different prefixes.
    """
    parameters: Parameters = {}
    sql = _Writer(columns, prefix, parameters).write(filter_)
    return Compiled(sql, parameters)


@dataclass(frozen=True)
class _Writer:
    columns: Mapping[str, str]
    prefix: str
    parameters: Parameters
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """Of the parameters, by type and value."""

    def write(self, filter_: Filter) -> str:
        match filter_:
            case AllOf(inners):
                return f"({' AND '.join(map(self.write, inners))})"
            case AnyOf(inners):
                return f"({' OR '.join(map(self.write, inners))})"
            case Not(inner):
                return f"(NOT {self.write(inner)})"
            case Comparison():
                name = property_named(filter_.field)
                return f"({self._field(filter_) if name is None else self._property(filter_, name)})"

    def _field(self, comparison: Comparison) -> str:
        column = self.columns[comparison.field]
        if FIELDS[comparison.field].type == "boolean":
            return column if comparison.value is (comparison.operator == "=") else f"NOT {column}"
        return self._condition(column, comparison.operator, "String", comparison.values())

    def _property(self, comparison: Comparison, name: str) -> str:
        of = f"({self.columns[PROPERTY]}, {self._parameter('String', name)})"
        if comparison.operator == "exists":
            return f"JSONHas{of}"
        clauses = []
        for kind in _KINDS:
            if values := tuple(one for one in comparison.values() if type(one) is kind.type):
                # The type comes second: it is asked of the few events for which the first holds.
                holds = self._condition(f"{kind.read}{of}", comparison.operator, kind.parameter, values)
                clauses.append(f"{holds} AND JSONType{of} IN {kind.called}")
        return " OR ".join(clauses)

    def _condition(self, expression: str, operator: Operator, type_: str, values: tuple[Scalar, ...]) -> str:
        if operator in LISTS:
            parameter = self._parameter(f"Array({type_})", list(values))
        else:
            parameter = self._parameter(type_, values[0])
        return _CONDITIONS[operator].format(field=expression, value=parameter)

    def _parameter(self, type_: str, value: Scalar | list[Scalar]) -> str:
        """Its place in the text; one of an equal value serves again, and with it what the engine computed."""
        bound = [*map(_bound, value)] if isinstance(value, list) else _bound(value)
        name = self.names.setdefault((type_, repr(bound)), f"{self.prefix}{len(self.names)}")
        self.parameters[name] = bound
        return f"{{{name}:{type_}}}"


def _bound(value: Scalar) -> str | float:
    return int(value) if isinstance(value, bool) else value
