"""The services of docker-compose.yml that run Sillage's own commands, and what they are given."""

from pathlib import Path

from runtime.settings import CollectorSettings, ConsumerSettings, JobSettings, MigrateSettings
from tests.containers import compose_services

OWN: dict[str, type] = {
    "migrate": MigrateSettings,
    "collector": CollectorSettings,
    "consumer": ConsumerSettings,
    "span-consumer": ConsumerSettings,
    "jobs": JobSettings,
}
IN_CONTAINER = "/run/secrets/"


def environ_of(name: str, secrets: Path) -> dict[str, str]:
    """What Compose gives a service: its secrets in that directory, made there if need be, no variable set."""
    environ: dict[str, str] = compose_services()[name]["environment"]
    for text in environ.values():
        if text.startswith(IN_CONTAINER) and not (file := secrets / Path(text).name).exists():
            file.write_text("hunter2\n")
    return {
        variable: text.replace(IN_CONTAINER, f"{secrets}/").replace("${SILLAGE_SCHEMA_REGISTRY_URL:-}", "")
        for variable, text in environ.items()
    }
