"""What is dropped and masked for every tenant alike, as the settings say."""

from dataclasses import dataclass

from ingest.denied import DeniedProperties
from ingest.otlp.rules import ByIdentity, attribute_rules
from ingest.urls import Urls
from runtime.settings import CollectorSettings


@dataclass(frozen=True, slots=True)
class Rules:
    """Made once a process; docs/reference/privacy.md has the table of it."""

    urls: Urls
    denied: DeniedProperties
    masks_emails: bool
    attributes: ByIdentity

    @classmethod
    def of(cls, settings: CollectorSettings) -> "Rules":
        """Those that the settings ask for."""
        return cls(
            urls=Urls(settings.query_parameters),
            denied=DeniedProperties(settings.denied_properties),
            masks_emails=settings.mask_emails == "on",
            attributes=attribute_rules(settings.denied_attributes),
        )
