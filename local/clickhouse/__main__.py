"""Start the interface: the lock, the port, the engine, then uvicorn until SIGTERM or SIGINT."""

import argparse
import fcntl
import ipaddress
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from local.clickhouse import config
from local.clickhouse.access import User, Users


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.clickhouse", description=__doc__)
    parser.add_argument("data_dir", type=Path, help="directory of the data, owned by this process alone")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument(
        "--backups", type=Path, help="directory of the disk `backups`; default: data_dir/backups"
    )
    return parser.parse_args()


def _users(environ: Mapping[str, str]) -> Users:
    password = environ.get("CLICKHOUSE_PASSWORD")
    if not password:
        raise StartError("CLICKHOUSE_PASSWORD is not set: put the password of user default into it.")
    users = [User("default", password)]
    if reader := environ.get("CLICKHOUSE_READER_PASSWORD"):
        users.append(User("reader", reader, read_only=True))
    return Users(*users)


def _lock(data_dir: Path) -> BinaryIO:
    """Take the directory for this process; the lock ends with the process, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (data_dir / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError(
            f"{data_dir} is in use by another ClickHouse process: stop that one, or choose another directory."
        ) from None
    return file


def _listen(host: str, port: int) -> socket.socket:
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    if not address.is_loopback:
        raise StartError(f"{host} is no loopback address: the embedded ClickHouse serves this machine alone.")
    listener = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
        listener.listen(2048)  # at once: on Linux SO_REUSEADDR lets two sockets bind until one listens
    except OSError as error:
        raise StartError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
        ) from None
    return listener


def main() -> None:
    """Run until stopped; a start that fails prints one sentence and exits with status 1."""
    arguments = _arguments()
    try:
        users = _users(os.environ)
        lock = _lock(arguments.data_dir)
        listener = _listen(arguments.host, arguments.port)
    except (StartError, OSError, ValueError) as error:
        sys.exit(str(error))
    with lock:
        config.write(arguments.data_dir, arguments.backups or arguments.data_dir / "backups")
        os.chdir(arguments.data_dir)
        os.environ["TZ"] = "UTC"  # the engine reads its time zone when it is loaded
        from local.clickhouse.server import serve  # loads the engine, half a second: after the checks

        serve(listener, users)


if __name__ == "__main__":
    main()
