"""A client of a cluster: what it is asked is written for one server, what it sends is for all of them."""

import re
from collections.abc import Mapping
from typing import Any

from clickhouse_connect.driver.httpclient import HttpClient

from runtime.cluster.layout import EVERYWHERE, Layout
from runtime.cluster.render import render
from runtime.cluster.words import ClusterRefused, read

_QUORUM_MS = 20_000
"""How long an INSERT waits for its quorum: less than a consumer waits for its answer by default."""
_PLACEHOLDER = re.compile(r"\{\w+:")


def consistency(quorum: str) -> dict[str, Any]:
    """The settings under which a cluster answers as one server would."""
    return {
        # An INSERT is acknowledged by the replicas' quorum, one after the other, so that a question that asks
        # for it reads all that was acknowledged, or is refused.
        "insert_quorum": quorum,
        "insert_quorum_parallel": 0,
        "insert_quorum_timeout": _QUORUM_MS,
        "select_sequential_consistency": 1,
        "insert_deduplicate": 0,
        # Every shard has its rows before the answer; nothing waits on a disk to be sent later.
        "distributed_foreground_insert": 1,
        "parallel_distributed_insert_select": 0,
        # A shard that does not answer is an error and not an empty answer.
        "skip_unavailable_shards": 0,
        # The replica that was written to is the one that is read.
        "load_balancing": "in_order",
        # Every replica has made a change before it is called done.
        "alter_sync": 2,
        "mutations_sync": 2,
        "allow_nondeterministic_mutations": 1,
        "distributed_ddl_output_mode": "throw",
    }


class ClusterClient(HttpClient):
    """clickhouse-connect's client, whose statements are rendered by the layout."""

    def __init__(self, layout: Layout, **arguments: Any) -> None:
        self.layout = layout
        """Where the tables rest; needed by the questions that the constructor below asks."""
        super().__init__(**arguments)

    def command(self, cmd: str, parameters: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Run each statement that this one becomes; gives the last one's answer. Raises ClusterRefused."""
        if settings := kwargs.get("settings"):
            kwargs["settings"] = settings | {name: 2 for name in settings if name == "mutations_sync"}
        answer: Any = None
        for statement in [*self._before(cmd), *render(cmd, self.layout, _mapping(parameters))]:
            bound = parameters if _PLACEHOLDER.search(statement) else None
            answer = self._run(statement, bound, *args, **kwargs)
        return answer

    def _run(self, statement: str, *args: Any, **kwargs: Any) -> Any:
        return super().command(statement, *args, **kwargs)

    def query(self, query: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Ask the whole cluster. Raises ClusterRefused."""
        return super().query(self._asked(query), *args, **kwargs)

    def query_row_block_stream(self, query: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Ask the whole cluster. Raises ClusterRefused."""
        return super().query_row_block_stream(self._asked(query), *args, **kwargs)

    def raw_stream(self, query: str, *args: Any, **kwargs: Any) -> Any:
        """Ask the whole cluster. Raises ClusterRefused."""
        return super().raw_stream(self._asked(query), *args, **kwargs)

    def _asked(self, query: str | None) -> str:
        statements = render(query or "", self.layout)
        if len(statements) != 1:
            raise ClusterRefused("A change was sent as a question: send it as a command.")
        return statements[0]

    def _before(self, cmd: str) -> list[str]:
        """Each server makes a change by its own copy of the lists that the change reads: make them equal."""
        words = [word for word in read(cmd.strip()) if word.name]
        if not words or not words[0].says("ALTER"):
            return []
        listed = sorted({word.name for word in words[3:] if word.name in EVERYWHERE})
        return [f"SYSTEM SYNC REPLICA {self.layout.on_cluster} {name} STRICT" for name in listed]


def _mapping(parameters: Any) -> Mapping[str, Any]:
    return parameters if isinstance(parameters, Mapping) else {}
