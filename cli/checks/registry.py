"""Whether the schema registry knows what this version writes, if one is set."""

from cli.checks.finding import Finding, broken, ok, told
from cli.surroundings import Surroundings
from runtime.schema_registry import SUBJECT, RegistryAway, RegistryRefused, schema_registry
from runtime.settings import SettingError
from schemas.usage import BATCH


def usage_schema(around: Surroundings) -> Finding:
    """This version's schema of usage records is registered."""
    try:
        registry = schema_registry(around.settings)
        if registry is None:
            return ok("none is set: records carry their schema's fingerprint")
        schema_id = registry.id_of(BATCH)
    except (SettingError, RegistryRefused) as error:
        return told(error, "Correct SILLAGE_SCHEMA_REGISTRY_URL.")
    except RegistryAway as error:
        return broken(str(error), "Start it, or correct SILLAGE_SCHEMA_REGISTRY_URL.")
    if schema_id is None:
        return broken(f"{registry.url} does not have this version's usage schema", "Run `sillage migrate`.")
    return ok(f"schema {schema_id} of {SUBJECT}, asked at {registry.url}")
