"""`make bench-peers`: row 6, an OpenTelemetry Collector that does the same work, in turns with ours.

Of 20-span requests: from OTLP/HTTP into Kafka, answered when Kafka has acknowledged. Before that it is a
client of ours: what it was sent must arrive by its `otlp_http` exporter, which sends 8,192 spans at once. It
is built once, by Go, from the modules named here, and kept in `~/.cache/sillage`. Its ClickHouse exporter,
row 4, cannot speak with the embedded engine, which knows one revision of the Native format.
"""

import contextlib
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import load
from bench.collecting import cost
from bench.processes import Engines, Measured, collector, consumer, engines, running
from bench.result import Result, publish
from bench.span_traffic import SPANS_A_REQUEST, request
from bench.traffic import TENANT
from local.ports import HOST
from runtime.clickhouse import connect
from runtime.kafka import Admin
from runtime.settings import KafkaSettings, QuerySettings
from runtime.settings import load as settings
from runtime.topics import create_missing
from schemas.topics import SPANS, Topic

LATEST = Path(__file__).with_name("latest-peers.json")
VERSION, PROVIDERS = "v0.155.0", "v1.61.0"
_BUILT = Path.home() / ".cache" / "sillage" / f"opentelemetry-collector-{VERSION}"
_CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"
_MODULES = {
    "dist": {"name": "peer", "output_path": "built", "module": "sillage.invalid/peer"},
    "conf_resolver": {"default_uri_scheme": "file"},
    "receivers": [
        {"gomod": f"go.opentelemetry.io/collector/receiver/otlpreceiver {VERSION}"},
    ],
    "exporters": [
        {"gomod": f"{_CONTRIB}/exporter/kafkaexporter {VERSION}"},
        {"gomod": f"go.opentelemetry.io/collector/exporter/otlphttpexporter {VERSION}"},
    ],
    "providers": [{"gomod": f"go.opentelemetry.io/collector/confmap/provider/fileprovider {PROVIDERS}"}],
}
PORT_BASE = 8_480
_REQUESTS, _TURNS, _FORWARDED = 5_000, 3, 500
_WITHIN_SECONDS = 60.0


def main() -> None:
    """Build the peer, measure both, exit 1 when a bar falls short."""
    try:
        peer = built()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The OpenTelemetry Collector cannot be built: {error}. It needs Go and its module proxy.")
    with (
        tempfile.TemporaryDirectory(prefix="sillage-bench-") as directory,
        engines(Path(directory), PORT_BASE) as at,
    ):
        sys.exit(not publish([*forwarding(at, peer), *collecting(at, peer)], LATEST))


def built() -> Path:
    """The collector's binary."""
    binary, modules, wanted = _BUILT / "built" / "peer", _BUILT / "modules.json", json.dumps(_MODULES)
    if not binary.exists() or modules.read_text() != wanted:
        print(f"Building the OpenTelemetry Collector {VERSION} (some minutes, once)", file=sys.stderr)
        _BUILT.mkdir(parents=True, exist_ok=True)
        binary.unlink(missing_ok=True)
        modules.write_text(wanted)
        builder = f"go.opentelemetry.io/collector/cmd/builder@{VERSION}"
        subprocess.run(["go", "run", builder, "--config", "modules.json"], cwd=_BUILT, check=True)
    return binary


def forwarding(at: Engines, peer: Path) -> Iterator[Result]:
    """The peer as a client: spans sent to it that its `otlp_http` exporter does not get into our tables."""
    chance = random.Random(3)
    requests = [load.traces_request(request(chance), "of the peer's own") for _ in range(_FORWARDED)]
    exporter = {
        "endpoint": f"http://{HOST}:{at.ports.collector}",
        "headers": {"x-sillage-key": f"sk_{TENANT}"},
        "sending_queue": {"batch": {"flush_timeout": "200ms"}},
    }
    client = connect(settings(QuerySettings, at.environ))
    stored = "SELECT count() FROM trace_spans"
    before = client.query(stored).result_rows[0][0]
    with (
        collector(at),
        consumer(at, "spans"),
        _peer(peer, at, _otlp_receiver(at), {"otlp_http": exporter}),
    ):
        _wait_until_listening(at.ports.console)
        load.all_at_once(at.ports.console, requests, 16)
        wanted, deadline = len(requests) * SPANS_A_REQUEST, time.monotonic() + _WITHIN_SECONDS
        while (arrived := client.query(stored).result_rows[0][0] - before) < wanted:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
    yield Result("OpenTelemetry Collector's otlp_http exporter: spans missing", "spans", wanted - arrived, 0)


def collecting(at: Engines, peer: Path) -> Iterator[Result]:
    """Row 6: requests a second and core from OTLP/HTTP to Kafka, answered after its acknowledgement."""
    chance = random.Random(2)
    requests = [load.traces_request(request(chance), f"sk_{TENANT}") for _ in range(_REQUESTS)]
    topic = Topic("bench.peer.collected", SPANS.partitions)
    create_missing(Admin(settings(KafkaSettings, at.environ)), [topic], 1)
    exporter = {
        "brokers": [at.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]],
        "traces": {"topic": topic.name, "encoding": "otlp_proto"},
        "producer": {"required_acks": -1},
        "sending_queue": {"enabled": False},
    }
    with (
        collector(at) as ours,
        _peer(peer, at, _otlp_receiver(at), {"kafka": exporter}) as theirs,
    ):
        _wait_until_listening(at.ports.console)
        costs = [
            (cost(ours, at.ports.collector, requests), cost(theirs, at.ports.console, requests))
            for _ in range(_TURNS)
        ]
    own, peers = (statistics.median(one) for one in zip(*costs, strict=True))
    yield Result("6 Sillage: requests a second and core", "requests", 1 / own)
    yield Result(f"6 OpenTelemetry Collector {VERSION}: the same", "requests", 1 / peers)
    yield Result("6 requests a second and core, ours to the peer's", "times", peers / own, 1, at_least=True)


def _otlp_receiver(at: Engines) -> dict[str, object]:
    return {"otlp": {"protocols": {"http": {"endpoint": f"{HOST}:{at.ports.console}"}}}}


@contextlib.contextmanager
def _peer(
    binary: Path, at: Engines, receivers: dict[str, object], exporters: dict[str, object]
) -> Iterator[Measured]:
    config = at.directory / "peer.json"
    pipeline = {"receivers": list(receivers), "exporters": list(exporters)}
    service = {"pipelines": {"traces": pipeline}, "telemetry": {"metrics": {"level": "none"}}}
    config.write_text(json.dumps({"receivers": receivers, "exporters": exporters, "service": service}))
    argv = [str(binary), "--config", f"file:{config}"]
    with running(argv, at.environ, at.directory / "peer.log") as process:
        yield process


def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + _WITHIN_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
