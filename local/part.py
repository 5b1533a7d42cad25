"""What one part of the stack is: a plain description that the supervisor works from."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the stack.

    `after` names the parts that must be ready before this one starts; it is stopped before them.
    """

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    """All of the process's environment."""
    remedy: str
    """What to do when this part ends by itself."""
    cwd: Path | None = None
    after: tuple[str, ...] = ()
    ready: Callable[[], Awaitable[None]] | None = None
    """Returns once the part can be used. None: a task that ends by itself, ready when it ends with 0."""
    ready_within: float = 60.0
    """Seconds from its start until it must be ready."""
    stop_within: float = 3.0
    """Seconds from SIGTERM to SIGKILL."""
    background: bool = False
    """Nobody waits for it, and the others go on however it ends."""
