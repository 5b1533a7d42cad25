"""The demo's product, Atelier: four pages and an invoice, served without any state, the SDK in them.

What a page sends comes from the SDK alone; this server only hands out files.
"""

import argparse
from importlib import resources
from string import Template

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.demo.story import RELEASE
from local.demo.tenants import TENANTS

_FILES = resources.files("local.demo").joinpath("site")
_TYPES = {
    "app.css": "text/css",
    "app.js": "text/javascript",
    "pages.js": "text/javascript",
    "strip.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
PAGES = ("/", "/time", "/invoices", "/invoices/{number:int}", "/settings")
_HOST = "127.0.0.1"


def application(collector_url: str, command: str) -> Starlette:
    """Make the site; `command` is what its strip tells the developer to run."""
    headers = _headers(collector_url)
    page = Template(_FILES.joinpath("index.html").read_text("utf-8")).substitute(
        collector=collector_url, key=TENANTS[0].write_key, release=RELEASE, command=command
    )

    async def shell(_request: Request) -> Response:
        return HTMLResponse(page, headers=headers)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _TYPES:
            raise HTTPException(404)
        return Response(_FILES.joinpath(name).read_bytes(), media_type=_TYPES[name], headers=headers)

    return Starlette(routes=[*(Route(path, shell) for path in PAGES), Route("/assets/{name}", file)])


def _headers(collector_url: str) -> dict[str, str]:
    """What a careful product sends: its own files and the SDK may run, and speak to the collector alone."""
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {collector_url}",
        "connect-src": collector_url,
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
    parser.add_argument("--command", default="sillage usage --tenant demo", help="shown in the pages")
    arguments = parser.parse_args()
    site = application(arguments.collector_url, arguments.command)
    uvicorn.run(
        site,
        host=_HOST,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
