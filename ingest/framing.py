"""How the collector's usage records name their writer schema: as the settings say, known before it serves."""

import logging
import os
import time

from runtime.schema_registry import RegistryAway, RegistryRefused, SchemaRegistry, schema_registry
from runtime.settings import CollectorSettings
from schemas.framing import Confluent, Framing, SingleObject
from schemas.usage import BATCH, fingerprint

log = logging.getLogger(__name__)

WITHOUT_REGISTRY = SingleObject(fingerprint(BATCH))
_KNOWN_ID = "USAGE_SCHEMA_ID"
"""An environment variable of our own, for the processes that this one starts: no setting."""
_AGAIN_SECONDS = 1.0


def framing(settings: CollectorSettings) -> Framing:
    """Single-object encoding; or with a registry Confluent's, by the id that `sillage migrate` had it give.

    It waits while the registry is away: whoever else reads the topic was promised this framing. What it finds
    holds for the processes that this one starts, then and later, so that they need no registry. Raises
    RegistryRefused, SettingError.
    """
    registry = schema_registry(settings)
    if registry is None:
        return WITHOUT_REGISTRY
    if _KNOWN_ID not in os.environ:
        os.environ[_KNOWN_ID] = str(_id(registry))
    return Confluent(int(os.environ[_KNOWN_ID]))


def _id(registry: SchemaRegistry) -> int:
    while True:
        try:
            found = registry.id_of(BATCH)
        except RegistryAway as error:
            log.warning("Taking nothing yet, trying again in %.0f s: %s", _AGAIN_SECONDS, error)
            time.sleep(_AGAIN_SECONDS)
            continue
        if found is None:
            raise RegistryRefused(
                f"The schema registry at {registry.url} does not have this version's usage schema. "
                "Run `sillage migrate`."
            )
        return found
