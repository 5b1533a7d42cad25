"""The demo's parts, beside the stack's own. Only its pages are waited for."""

import functools
import sys
from collections.abc import Mapping, Sequence

from local.demo.story import RELEASE
from local.invocation import sillage
from local.part import Part
from local.ports import HOST, Ports
from local.probes import until_http_ok
from runtime.settings import variable

_PAGES = "demo"
_AFTER = (_PAGES, "collector", "consumer")
_FLUSH_MS, _EXPORT_SECONDS = 1_000, 2


def parts(ports: Ports, environ: Mapping[str, str], events_a_second: float, service_key: str) -> list[Part]:
    """Every part; `environ` is that of `local.stack.part_environ`, `service_key` sends the services' spans.

    The databases of countries and cities are fetched unless the user has named some, or none.
    """
    collector, pages = f"http://{HOST}:{ports.collector}", f"http://{HOST}:{ports.demo}"
    billing = f"http://{HOST}:{ports.billing}"
    found = [
        Part(
            name=_PAGES,
            argv=_module("web", str(ports.demo), collector, billing, "--sillage", sillage()),
            environ={**environ, **instrumented("atelier-web", collector, service_key)},
            ready=functools.partial(until_http_ok, HOST, ports.demo, "/"),
            remedy="Run the same command again, or leave the demo out: --no-demo.",
        ),
        _background(
            "billing",
            _module("billing", str(ports.billing)),
            {**environ, **instrumented("atelier-billing", collector, service_key)},
        ),
        _background(
            "visitors", _module("visitors", collector, pages, "--rate", str(events_a_second)), environ
        ),
        _background("backfill", _module("backfill"), environ),
    ]
    if variable("geo_databases") not in environ:
        fetch = ["nice", sys.executable, "-m", "cli", "geo", "fetch"]
        found.append(
            _background("geo", fetch, environ, after=())
        )  # at once: the visitors are to have countries
    return found


def instrumented(service: str, collector_url: str, key: str) -> dict[str, str]:
    """What tells OpenTelemetry's SDK and exporter where a service's spans go, and as whose."""
    return {
        "OTEL_SERVICE_NAME": service,
        "OTEL_RESOURCE_ATTRIBUTES": f"service.version={RELEASE},deployment.environment.name=demo",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector_url}/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization=Bearer%20{key}",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": str(_EXPORT_SECONDS),
        "OTEL_BSP_SCHEDULE_DELAY": str(_FLUSH_MS),
    }


def _background(
    name: str, argv: Sequence[str], environ: Mapping[str, str], after: tuple[str, ...] = _AFTER
) -> Part:
    remedy = "Everything else runs on; the next start tries it again."
    return Part(name=name, argv=argv, environ=environ, after=after, background=True, remedy=remedy)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"local.demo.{name}", *arguments]
