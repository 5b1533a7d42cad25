"""The demo's product, Atelier: four pages and an invoice, the SDK in them, and the front service behind them.

Usage events come from the SDK alone; this server hands out files and passes on what the pages ask for
(`local/demo/front.py`). It keeps nothing. `OTEL_…` variables say where its spans go.
"""

import argparse
from importlib import resources
from string import Template

from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.demo import front
from local.demo.serving import serve
from local.demo.story import RELEASE
from local.demo.tenants import TENANTS
from local.demo.tracing import provider, until_the_end
from runtime.logging import configure

_FILES = resources.files("local.demo").joinpath("site")
_TYPES = {
    "app.css": "text/css",
    "app.js": "text/javascript",
    "backend.js": "text/javascript",
    "pages.js": "text/javascript",
    "strip.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
PAGES = ("/", "/time", "/invoices", "/invoices/{number:int}", "/settings")


def application(collector_url: str, billing_url: str, sillage: str, spans: TracerProvider) -> Starlette:
    """Make the site; `sillage` is how the commands begin that its pages tell the developer to run."""
    headers = _headers(collector_url)
    page = Template(_FILES.joinpath("index.html").read_text("utf-8")).substitute(
        collector=collector_url, key=TENANTS[0].write_key, release=RELEASE, sillage=sillage
    )

    async def shell(_request: Request) -> Response:
        return HTMLResponse(page, headers=headers)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _TYPES:
            raise HTTPException(404)
        return Response(_FILES.joinpath(name).read_bytes(), media_type=_TYPES[name], headers=headers)

    pages = [*(Route(path, shell) for path in PAGES), Route("/assets/{name}", file)]
    asked = front.routes(spans.get_tracer("atelier.front"), billing_url)
    return Starlette(routes=[*pages, *asked], lifespan=until_the_end(spans))


def _headers(collector_url: str) -> dict[str, str]:
    """What a careful product sends: its own files and the SDK may run, and speak to it and the collector."""
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {collector_url}",
        "connect-src": f"'self' {collector_url}",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


def main() -> None:
    """Read the command line and serve on loopback until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.web", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("collector_url")
    parser.add_argument("billing_url")
    parser.add_argument("--sillage", default="sillage", help="how the commands in the pages begin")
    arguments = parser.parse_args()
    configure("demo", "info")
    site = application(arguments.collector_url, arguments.billing_url, arguments.sillage, provider())
    serve(site, arguments.port)


if __name__ == "__main__":
    main()
