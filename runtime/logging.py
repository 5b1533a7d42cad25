"""Logging: one line an entry, with ids and never personal data.

DEBUG is for developers, INFO a change of state, WARNING nothing is lost but look, ERROR data is lost or a
promise is broken.
"""

import logging
import sys


def configure(process: str, level: str) -> None:
    """Send this process's log to standard error, each line with time, level and the process's name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level.upper())  # libraries that set a level of their own are held to it as well
    # clickhouse-connect logs each error that it raises, with a traceback; whoever catches it says what counts.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    logging.basicConfig(
        handlers=[handler],
        level=level.upper(),
        format=f"%(asctime)s %(levelname)-7s {process} %(name)s: %(message)s",
    )
