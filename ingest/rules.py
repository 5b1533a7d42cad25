"""What is dropped and masked for every tenant alike, and how records are framed, as the settings say."""

from dataclasses import dataclass

from ingest.denied import DeniedProperties
from ingest.framing import WITHOUT_REGISTRY, framing
from ingest.otlp.rules import ByIdentity, attribute_rules
from ingest.urls import Urls
from runtime.settings import CollectorSettings
from schemas.framing import Framing


@dataclass(frozen=True, slots=True)
class Rules:
    """Made once a process; docs/reference/privacy.md has the table of it."""

    urls: Urls
    denied: DeniedProperties
    masks_emails: bool
    attributes: ByIdentity
    framing: Framing = WITHOUT_REGISTRY
    """How usage records name their writer schema."""

    @classmethod
    def of(cls, settings: CollectorSettings) -> "Rules":
        """Those that the settings ask for; waits and raises as `ingest.framing.framing` does."""
        return cls(
            urls=Urls(settings.query_parameters),
            denied=DeniedProperties(settings.denied_properties),
            masks_emails=settings.mask_emails == "on",
            attributes=attribute_rules(settings.denied_attributes),
            framing=framing(settings),
        )
