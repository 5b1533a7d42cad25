"""The demo's customers: companies of several sizes, countries and retentions that use the same product."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoTenant:
    """One customer company."""

    name: str
    home: str
    """The country of half of its people."""
    people: int
    visits_a_day: float
    """On a working day, at its present size."""
    retention_days: int = 90

    @property
    def write_key(self) -> str:
        """Its public key: like any key in a page, no secret."""
        return f"pk_{self.name}"

    @property
    def origin(self) -> str:
        """Where its people open the product; the pages on this machine have an origin of their own."""
        return f"https://{self.name}.atelier.example"


TENANTS = (
    DemoTenant("demo", home="FR", people=260, visits_a_day=330),
    DemoTenant("harbourline", home="GB", people=140, visits_a_day=180),
    DemoTenant("cinq-cantons", home="CH", people=90, visits_a_day=120, retention_days=60),
    DemoTenant("quai-sud", home="PT", people=45, visits_a_day=60, retention_days=30),
)
"""The first is the one whose pages run on this machine."""
