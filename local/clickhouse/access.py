"""Who may ask: the users, and the three ways in which a request names one."""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.clickhouse.errors import AUTHENTICATION_FAILED, ClickHouseError


@dataclass(frozen=True)
class User:
    """A user; one that is read-only may run SELECT and the like alone."""

    name: str
    password: str = field(repr=False)
    read_only: bool = False


class Users:
    """The users, by name."""

    def __init__(self, *users: User) -> None:
        self._users = {user.name: user for user in users}

    def authenticate(self, headers: Mapping[str, str], arguments: Mapping[str, str]) -> User:
        """Find the user that a request names.

        A request names it in `X-ClickHouse-User` and `X-ClickHouse-Key`, by Basic authentication, or in the
        parameters `user` and `password`. Raises ClickHouseError 516.
        """
        name, password = _credentials(headers, arguments)
        user = self._users.get(name)
        # An unknown name is compared as well, so that the time taken does not tell names apart.
        expected = (user.password if user else "").encode()
        if hmac.compare_digest(expected, password.encode()) and user:
            return user
        raise ClickHouseError(
            AUTHENTICATION_FAILED,
            f"{name}: Authentication failed: password is incorrect, or there is no user with such name. "
            "(AUTHENTICATION_FAILED)",
        )


def _credentials(headers: Mapping[str, str], arguments: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return headers.get("x-clickhouse-user", "default"), headers.get("x-clickhouse-key", "")
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise ClickHouseError(AUTHENTICATION_FAILED, "Malformed Basic credentials.") from None
        return name, password
    return arguments.get("user", "default"), arguments.get("password", "")
