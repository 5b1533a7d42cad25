"""Below an answer: what it may lack, as far as that is known by the time that the answer stands there.

It goes to standard error, so that what programs read is the answer alone.
"""

import threading

import click

from cli.surroundings import Surroundings
from cli.usage.options import Asked
from queries.quality import Quality, Sources, quality
from runtime.settings import SettingError
from schemas import topics

_LONGEST_WAIT_SECONDS = 0.3
"""After the answer, which itself waits for nothing of this."""


class Facts:
    """They are asked for while the question is."""

    def __init__(self, asked: Asked) -> None:
        """Begin; a thread that Kafka keeps waiting ends with the process."""
        self._found: Quality | None = None
        self._asking = threading.Thread(target=self._ask, args=(asked,), daemon=True)
        self._asking.start()

    def tell(self) -> None:
        """Say what is known; nothing where nothing is."""
        self._asking.join(_LONGEST_WAIT_SECONDS)
        if self._found and (known := _sentence(self._found)):
            click.echo(known, err=True)

    def _ask(self, asked: Asked) -> None:
        around = Surroundings(asked.environ, asked.data_dir)
        try:
            sources = Sources(
                admin=around.kafka,
                usage=topics.USAGE.name,
                group=topics.group_of(topics.USAGE, around.settings.consumer_group),
                dead=topics.DEAD.name,
                metrics_url=around.metrics_url,
            )
        except SettingError:
            return  # who only asks needs no settings of what delivers
        self._found = quality(sources, asked.tenant)


def _sentence(found: Quality) -> str:
    whats = {
        "records wait to be stored": found.waiting,
        "events refused since the collector started": found.refused,
        "dead letters": found.dead,
    }
    known = [f"{count:,} {what}" for what, count in whats.items() if count is not None]
    return f"Not in it: {', '.join(known)}." if known else ""
