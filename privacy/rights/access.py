"""The access log: who read what is known of a person, when and by which question; chained.

It is written before the answer is given, so that no answer is without its line.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from privacy.chain import Chain


class AccessLog:
    """That of one installation. Raises ChainBroken, OSError."""

    def __init__(self, state_dir: Path) -> None:
        self.chain = Chain(state_dir / "access.jsonl")

    def record(self, by: str, what: str, tenant: str, subjects: Sequence[str] = (), **question: Any) -> None:
        """Write down that `by` reads `what` of these users or sessions; without any, of whoever it shows."""
        told = {name: value for name, value in question.items() if value not in (None, "", (), [])}
        self.chain.append(
            {"by": by, "what": what, "tenant": tenant, "subjects": list(subjects), "question": told}
        )

    def between(self, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
        """The reads within a time, each with its `at`."""
        for link in self.chain.links():
            if since <= datetime.fromisoformat(link["at"]) <= until:
                yield {"at": link["at"], **link["entry"]}
