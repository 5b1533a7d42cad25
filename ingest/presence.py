"""Whether Kafka is there, as far as this process knows."""

import logging

log = logging.getLogger(__name__)


class Presence:
    """There until a record is not acknowledged; away until one is."""

    def __init__(self) -> None:
        self.is_away = False

    def left(self, why: object) -> None:
        """A record was not acknowledged."""
        if not self.is_away:
            self.is_away = True
            log.info("Kafka is away, records are kept in the spool: %s", why)

    def returned(self) -> None:
        """A record was acknowledged, or nothing is left to try it with."""
        if self.is_away:
            self.is_away = False
            log.info("Kafka is there again")
