"""Files of certificate authorities, looked at when a process starts, not when the first connection fails."""

import ssl
from pathlib import Path

from runtime.settings import SettingError


def check_authorities(file: Path, name: str) -> None:
    """Raises SettingError, with the setting's name, for a file that holds no certificate in PEM."""
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(f"{name} is {file}, which holds no certificate in PEM: {reason}.") from None
