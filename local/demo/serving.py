"""How the demo's processes serve: on loopback, until a signal, their logs as the stack writes them."""

import uvicorn
from starlette.applications import Starlette

from local.ports import HOST


def serve(application: Starlette, port: int) -> None:
    """Return once a signal has ended it; requests under way have a second then."""
    uvicorn.run(
        application,
        host=HOST,
        port=port,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
