"""Telling the supervisor that this process is ready: systemd's notify protocol (sd_notify(3)).

For a process that no HTTP probe can ask, such as the consumer. Without a supervisor nothing is sent.
"""

import os
import socket


def ready() -> None:
    """Send READY=1 to the socket that NOTIFY_SOCKET names, if it is set; OSError if nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract names, as the protocol spells them
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", address)
