"""Files of certificate authorities, looked at when a process starts, not when the first connection fails."""

import ssl
from pathlib import Path
from urllib.parse import SplitResult

from runtime.settings import SettingError


def check_authorities(file: Path, name: str) -> None:
    """Raises SettingError, with the setting's name, for a file that holds no certificate in PEM."""
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(f"{name} is {file}, which holds no certificate in PEM: {reason}.") from None


def check_authorities_of(server: str, url: SplitResult, file: Path | None) -> None:
    """Refuse a server's file of authorities where its address has no TLS, or the file no certificate.

    `server` is how its settings are named, such as CLICKHOUSE. Raises SettingError.
    """
    if file is None:
        return
    if url.scheme == "http":
        raise SettingError(
            f"SILLAGE_{server}_CA_FILE is set, but SILLAGE_{server}_URL is {url.geturl()}; "
            "expected https://host:port."
        )
    check_authorities(file, f"SILLAGE_{server}_CA_FILE")
