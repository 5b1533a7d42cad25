"""Write `jars.lock` anew, after a change of version below: `python -m local.kafka.pin`.

The lock makes a first run fast (no dependency metadata is fetched) and equal everywhere, whatever a
repository serves later.
"""

import hashlib
from typing import Any

from jgo.maven import MavenContext

from local.kafka.jars import LOCK_FILE

KAFKA = "org.apache.kafka:kafka_2.13:4.4.0"
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"
"""Resolved apart from Kafka: its parent's dependency management would change the versions of Kafka's own."""

_HEADER = "# Kafka's jars: coordinates, bytes, SHA-256. Written by `python -m local.kafka.pin`.\n"


def _line(artifact: Any) -> str:
    data = artifact.resolve().read_bytes()
    coordinates = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
    return f"{coordinates} {len(data)} {hashlib.sha256(data).hexdigest()}\n"


def main() -> None:
    """Resolve Kafka and what it needs, fetch the jars, and record them."""
    context = MavenContext()
    kafka, needed = context.resolver.resolve([context.create_dependency(KAFKA)])
    jars = [*kafka, *needed, context.create_dependency(LOG_BINDING)]
    LOCK_FILE.write_text(_HEADER + "".join(sorted(_line(jar.artifact) for jar in jars)))


if __name__ == "__main__":
    main()
