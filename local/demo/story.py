"""What happened to the product in the last ninety days, so that there is something to find.

Ages are days before the end of this week, so that what fell on a working day always does. The live visitors
live at age 0.
"""

DAYS = 90
_RELEASES = ((54, "4.8.2"), (27, "4.9.0"), (26, "5.0.0"))
"""Each release and the age at which the next one replaced it."""
RELEASE = "5.0.1"
"""What everybody runs today."""
INCIDENT_AGE = 26
"""A Tuesday, that of 5.0.0, which could not read dates: half of the visits to an invoice met the error."""
_TIMER_AGE = 45
"""When the timer came."""


def release(age: int) -> str:
    """The version of the product."""
    return next((version for until, version in _RELEASES if age >= until), RELEASE)


def growth(age: int) -> float:
    """How large the product was, compared with today."""
    return 1.0 - 0.45 * age / DAYS


def timer_adoption(age: int) -> float:
    """How many people use the timer: none before it came, then more and more."""
    return 0.1 + 0.5 * (1 - age / _TIMER_AGE) if age <= _TIMER_AGE else 0.0


def error_rate(age: int) -> float:
    """How many of the visits to a page with invoices meet an error."""
    return 0.5 if age == INCIDENT_AGE else 0.012
