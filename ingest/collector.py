"""The collector: settings in, a running server out, of one process or of several that share a port."""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator

import uvicorn
from uvicorn.supervisors import Multiprocess

from ingest.connection import Connection
from ingest.worker import DRAIN_SECONDS, Worker
from runtime import metrics, topics
from runtime.settings import CollectorSettings, SettingError
from schemas.topics import SCHEMAS, USAGE

_METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"


def run(settings: CollectorSettings, workers: int = 1) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted.

    Raises SettingError or TopicsNotReady before anything is served.
    """
    topics.check(topics.admin(settings.kafka_bootstrap_servers), (USAGE, SCHEMAS))
    _check_certificate(settings)
    worker = Worker(settings)
    if workers == 1:
        metrics.serve(settings.admin_host, settings.admin_port)
        uvicorn.Server(_server(settings, app=worker)).run()
        return
    with _shared_metrics():
        metrics.serve(settings.admin_host, settings.admin_port)
        config = _server(settings, app="ingest.worker:one_of_many", factory=True, workers=workers)
        Multiprocess(config, [config.bind_socket()]).run()


def _server(settings: CollectorSettings, **more: object) -> uvicorn.Config:
    return uvicorn.Config(
        host=settings.collector_host,
        port=settings.collector_port,
        ssl_certfile=settings.tls_certificate_file,
        ssl_keyfile=settings.tls_key_file,
        backlog=4_096,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        **more,  # type: ignore[arg-type]
    )


def _check_certificate(settings: CollectorSettings) -> None:
    """Find out now what each process would find out later."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None and key is None:
        return
    if certificate is None:
        raise SettingError("SILLAGE_TLS_KEY_FILE is set, but SILLAGE_TLS_CERTIFICATE_FILE is not.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise SettingError(
            f"SILLAGE_TLS_CERTIFICATE_FILE {certificate} and SILLAGE_TLS_KEY_FILE {key} cannot be used:"
            f" {error}"
        ) from error


@contextlib.contextmanager
def _shared_metrics() -> Iterator[None]:
    """Have the processes count in files that this one serves the sum of."""
    if _METRICS_DIR in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="sillage-metrics-") as directory:
        os.environ[_METRICS_DIR] = directory
        yield
