"""The demo's parts, beside the stack's own. Only its pages are waited for."""

import functools
import sys
from collections.abc import Mapping, Sequence

from local.demo.tenants import TENANTS
from local.invocation import sillage
from local.part import Part
from local.ports import HOST, Ports
from local.probes import until_http_ok
from runtime.settings import variable

_PAGES = "demo"
_AFTER = (_PAGES, "collector", "consumer")


def parts(ports: Ports, environ: Mapping[str, str], events_a_second: float) -> list[Part]:
    """Every part; `environ` is that of `local.stack.part_environ`.

    The databases of countries and cities are fetched unless the user has named some, or none.
    """
    collector, pages = f"http://{HOST}:{ports.collector}", f"http://{HOST}:{ports.demo}"
    question = f"{sillage()} usage --tenant {TENANTS[0].name}"
    found = [
        Part(
            name=_PAGES,
            argv=_module("web", str(ports.demo), collector, "--command", question),
            environ=environ,
            ready=functools.partial(until_http_ok, HOST, ports.demo, "/"),
            remedy="Run the same command again, or leave the demo out: --no-demo.",
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


def _background(
    name: str, argv: Sequence[str], environ: Mapping[str, str], after: tuple[str, ...] = _AFTER
) -> Part:
    remedy = "Everything else runs on; the next start tries it again."
    return Part(name=name, argv=argv, environ=environ, after=after, background=True, remedy=remedy)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"local.demo.{name}", *arguments]
