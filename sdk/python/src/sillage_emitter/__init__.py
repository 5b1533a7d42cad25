"""Usage events of back ends, delivered to a Sillage collector without blocking the application.

One event walks emitter → event → outbox → delivery → transport → answers; the other modules feed these.
"""

from sillage_emitter.emitter import Emitter
from sillage_emitter.version import __version__

__all__ = ["Emitter", "__version__"]
