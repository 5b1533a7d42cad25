"""What a question reads of a source: a tenant's, that arrived in its window, of people, that fits."""

from typing import Protocol

from queries.usage.filters.matching import Compiled, Parameters, compile_filter
from queries.usage.filters.tree import Filter
from queries.usage.sources import EVENTS, Source
from queries.usage.window import Window


class Asked(Protocol):
    """What each question says of the events that it is of."""

    @property
    def tenant(self) -> str | None:
        """Whose they are; None is everybody's."""

    @property
    def window(self) -> Window:
        """When they arrived."""

    @property
    def bots(self) -> bool:
        """Whether those of bots are read too."""

    @property
    def where(self) -> Filter | None:
        """What else has to hold of each."""


def scope(question: Asked, source: Source = EVENTS, prefix: str = "w") -> Compiled:
    """The condition for a source's rows, with all that it names; `where` takes parameters of this prefix."""
    parameters: Parameters = {**question.window.parameters}
    clauses = [source.arrived]
    if question.tenant is not None:
        parameters["tenant"] = question.tenant
        clauses.insert(0, "tenant = {tenant:String}")
    if not question.bots:
        clauses.append("NOT is_bot")
    if question.where is not None:
        compiled = compile_filter(question.where, source.fields, prefix)
        clauses.append(compiled.sql)
        parameters |= compiled.parameters
    return Compiled(" AND ".join(clauses), parameters)
