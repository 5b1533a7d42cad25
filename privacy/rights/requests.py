"""A request of a person's, or of a tenant's at the end of its contract, as the ledger tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Right(StrEnum):
    """What was asked for."""

    EXPORT = "export"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    UNRESTRICTION = "unrestriction"
    RECTIFICATION = "rectification"
    LIFTING = "lifting"


class Ground(StrEnum):
    """Why a request is refused: GDPR, articles 11, 12(5), 17(3), 15(4)."""

    NOT_IDENTIFIED = "the person cannot be identified"
    UNFOUNDED = "manifestly unfounded"
    EXCESSIVE = "excessive, in particular because of repetition"
    LEGAL_CLAIMS = "needed to establish, exercise or defend legal claims"
    LEGAL_OBLIGATION = "needed to comply with a legal obligation"
    RIGHTS_OF_OTHERS = "it would adversely affect the rights of others"
    HISTORY = "what happened is history and is not corrected"


class Delay(StrEnum):
    """Why more time is needed: GDPR, article 12(3)."""

    COMPLEXITY = "the complexity of the request"
    NUMBER = "the number of requests"


@dataclass(frozen=True)
class Whose:
    """A person of a tenant by all pseudonyms, or the whole tenant: then there are none."""

    tenant: str
    pseudonyms: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """As the tables `hidden` and `suppressions` name them; the whole tenant is ''."""
        return self.pseudonyms or ("",)


@dataclass
class Request:
    """One request and what became of it so far."""

    id: str
    right: Right
    whose: Whose
    by: str
    at: str
    due: date
    reference: str = ""
    approved_by: str = ""
    refused: str = ""
    done_at: str = ""
    certificate: str = ""
    steps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each step said when it was done first, by its name."""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return not self.done_at and not self.refused

    def overdue(self, today: date) -> bool:
        """Whether its time has passed."""
        return self.is_open and today > self.due
