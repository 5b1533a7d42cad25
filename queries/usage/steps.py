"""The steps of a funnel: which rows can be one at all, whether one row can be two, how many somebody took."""

from collections.abc import Sequence

from queries.usage.filters.matching import Compiled, compile_filter
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter

_MOMENT = 32
"""What a millisecond is where the number of a step is added to it."""


def level_of(steps: Sequence[Filter], conditions: Sequence[str], at: str, within: int) -> str:
    """SQL: the steps that somebody took, the last at most so many ms after the first; a row is one of them.

    `conditions` are those of the steps, `at` is the time in milliseconds.
    """
    if not are_apart(steps):
        return f"windowFunnel({within:d}, 'strict_once')({at}, {', '.join(conditions)})"
    # Time and step as one number are sorted in less time. Two of them are as far apart as their times are,
    # and less than a moment more.
    *others, _ = (f"{sql}, {number}" for number, sql in enumerate(conditions))
    step = f"multiIf({', '.join(others)}, {len(others)})" if others else "0"
    are_step = (f"arrayMap(one -> one % {_MOMENT} = {number}, taken)" for number in range(len(conditions)))
    return f"""arrayReduce('windowFunnel({within * _MOMENT + _MOMENT - 1:d})',
        arraySort(groupArray({at} * {_MOMENT} + {step})) AS taken, {", ".join(are_step)})"""


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
