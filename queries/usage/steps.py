"""The steps of a funnel: which rows can be one at all, and whether one row can be two of them."""

from collections.abc import Sequence

from queries.usage.filters.matching import Compiled, compile_filter
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter


def narrowed(steps: Sequence[Filter]) -> Compiled:
    """The condition that a row is one of the steps, its action first, which is the cheapest to look at."""
    actions = [actions_of(step) for step in steps]
    whole = compile_filter(AnyOf(tuple(steps)) if len(steps) > 1 else steps[0], prefix="any")
    if any(names is None for names in actions):
        return whole
    names = sorted({name for of_step in actions if of_step for name in of_step})
    by_action = Compiled("name IN {actions:Array(String)}", {"actions": list(names)})
    if all(isinstance(step, Comparison) for step in steps):
        return by_action
    return Compiled(f"{by_action.sql} AND {whole.sql}", {**by_action.parameters, **whole.parameters})


def are_apart(steps: Sequence[Filter]) -> bool:
    """Whether no event can be two of the steps, as each asks for actions of its own."""
    seen: set[str] = set()
    for step in steps:
        names = actions_of(step)
        if names is None or seen & names:
            return False
        seen |= names
    return True


def actions_of(filter_: Filter) -> frozenset[str] | None:
    """The actions that it can hold of, None where it can hold of any."""
    match filter_:
        case Comparison("action", "=" | "in"):
            return frozenset(str(value) for value in filter_.values())
        case AllOf(inners):
            known = [names for names in map(actions_of, inners) if names is not None]
            return frozenset.intersection(*known) if known else None
        case AnyOf(inners):
            parts = [actions_of(inner) for inner in inners]
            known = [names for names in parts if names is not None]
            return frozenset[str]().union(*known) if len(known) == len(parts) else None
    return None
