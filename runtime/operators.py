"""Operators: who asks, by a named token, and what each may do.

Tokens are random and stand hashed in `operators.json` of the state directory; a role is a set of rights.
"""

import fcntl
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from runtime.private_file import write_private
from runtime.settings import OperatorSettings

_FILE = "operators.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class OperatorRefused(Exception):
    """Nobody is known by this token, or this is not for them; the message says what to do."""


class Right(StrEnum):
    """What can be allowed."""

    USAGE = "read what a person did"
    TRACES = "read the traces of a person"
    RIGHTS = "export, erase, restrict or rectify a person's data"
    OPERATORS = "add and revoke operators"


class Role(StrEnum):
    """What an operator is."""

    ANALYST = "analyst"
    SRE = "sre"
    PRIVACY = "privacy"
    ADMIN = "admin"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ANALYST: frozenset({Right.USAGE}),
    Role.SRE: frozenset({Right.USAGE, Right.TRACES}),
    Role.PRIVACY: frozenset({Right.USAGE, Right.TRACES, Right.RIGHTS}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True)
class Operator:
    """One operator; the token itself is nowhere kept. Times are ISO 8601, UTC."""

    name: str
    role: Role
    token_sha256: str
    since: str
    revoked: str | None = None

    def check(self, right: Right) -> None:
        """Raise OperatorRefused where the role does not allow it."""
        if right not in RIGHTS[self.role]:
            allowed = ", ".join(role for role in Role if right in RIGHTS[role])
            raise OperatorRefused(
                f"{self.name} is {self.role}, which may not {right}. Ask one who is: {allowed}."
            )


class Operators:
    """Those of one installation. Raises OperatorRefused where the file cannot be read."""

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / _FILE

    def all(self) -> list[Operator]:
        """Everybody who ever was one, in the order in which they were added."""
        try:
            listed = json.loads(self._file.read_text()) if self._file.exists() else []
            return [Operator(**{**one, "role": Role(one["role"])}) for one in listed]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise OperatorRefused(f"The operators in {self._file} cannot be read: {error}") from error

    def add(self, name: str, role: Role) -> str:
        """Add one; gives the token, which is shown this once. Raises OperatorRefused."""
        if not _NAME.fullmatch(name):
            raise OperatorRefused(
                f"{name!r} is no name: up to 64 letters, digits and . _ @ -, no sign first."
            )
        token = f"op_{secrets.token_urlsafe(32)}"
        with self._changing() as operators:
            if any(one.name == name and not one.revoked for one in operators):
                raise OperatorRefused(f"There is an operator {name} already: revoke that one first.")
            operators.append(Operator(name, role, _hash(token), _now()))
        return token

    def revoke(self, name: str) -> None:
        """Take an operator's right to do anything; raises OperatorRefused where there is none."""
        with self._changing() as operators:
            for place, one in enumerate(operators):
                if one.name == name and not one.revoked:
                    operators[place] = replace(one, revoked=_now())
                    return
            raise OperatorRefused(f"There is no operator {name}: `sillage operator list` shows all.")

    def whose(self, token: str) -> Operator:
        """Who has this token; raises OperatorRefused."""
        digest = _hash(token.strip())
        for one in self.all():
            if secrets.compare_digest(one.token_sha256, digest):
                if one.revoked:
                    raise OperatorRefused(f"The token of {one.name} was revoked on {one.revoked}.")
                return one
        raise OperatorRefused(
            f"No operator in {self._file} has this token. `sillage operator add` makes one."
        )

    @contextmanager
    def _changing(self) -> Iterator[list[Operator]]:
        """The list, to be changed by one process at a time, and written whole."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            operators = self.all()
            yield operators
            write_private(self._file, json.dumps([asdict(one) for one in operators], indent=1))


def operator(settings: OperatorSettings) -> Operator:
    """Who runs a command, by the token of its settings; raises OperatorRefused."""
    token = settings.operator_token
    if not token and settings.operator_token_file:
        try:
            token = settings.operator_token_file.read_text()
        except OSError as error:
            raise OperatorRefused(
                f"The token in {settings.operator_token_file} cannot be read: {error.strerror or error}."
            ) from error
    if not token:
        raise OperatorRefused(
            "This is for operators: set SILLAGE_OPERATOR_TOKEN, or SILLAGE_OPERATOR_TOKEN_FILE. "
            "`sillage operator add` makes a token."
        )
    return Operators(settings.state_dir).whose(token)


def local_token(state_dir: Path, name: str) -> Path:
    """The file with the token of whoever starts a stack here: an administrator, made at the first start."""
    file = state_dir / "operator_token"
    if not file.exists():
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        operators = Operators(state_dir)
        known = {one.name for one in operators.all() if not one.revoked}
        if name in known:  # killed between the two
            operators.revoke(name)
        write_private(file, operators.add(name, Role.ADMIN))
    return file


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
