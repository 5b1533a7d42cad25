"""Where each table rests on a cluster: the whole rule.

- A **spread** table has each row on one shard. `NAME_local` holds a server's own, `NAME` is `Distributed`
  over all of them. A view that reads a spread table row by row, and a landing table, is spread as it is.
- A table that is **everywhere** is short and has all its rows on every server, so that an INSERT and a
  question find the fence and the lists of persons where they are.
- A **plain** view or a landing view is on every server under its own name.

A migration that creates anything else says here where it rests; until then it is refused on a cluster.
"""

from dataclasses import dataclass

LOCAL = "_local"
"""What the name of a server's own piece of a spread table ends with."""

_BY_BATCH = "sipHash64(tenant, batch_id)"
_BY_TENANT = "sipHash64(tenant)"
SPREAD = {
    "usage_batches": _BY_BATCH,
    "span_batches": _BY_BATCH,
    "usage_events": _BY_BATCH,
    "trace_spans": _BY_BATCH,
    "rolled_sessions": _BY_TENANT,
    "rolled_actions": _BY_TENANT,
    "rolled_pages": _BY_TENANT,
    "rolled_names": _BY_TENANT,
    "rolled_steps": _BY_TENANT,
    "rolled_page_weeks": _BY_TENANT,
    "usage": "",
    "usage_pieces": "",
    "span_rows": "",
}
"""By what a row finds its shard; nothing is inserted into a view. A record, and what its client sends again,
is of one batch: both come to one shard, whose landing view tells them apart."""
EVERYWHERE = frozenset(
    {
        "migrations", "fence", "suppressions", "hidden", "unrolled", "rolled_days", "retention_drops",
        "retention_checks",
    }
)  # fmt: skip
LANDING_VIEWS = frozenset({"usage_unpack", "span_unpack", "rolled_names_actions", "rolled_names_pages"})
"""They read and write what is the server's own."""
PLAIN_VIEWS = frozenset(
    {
        "usage_by_hour", "usage_by_day", "active_by_day", "user_history", "spans", "otel_traces",
        "otel_traces_trace_id_ts", "red_by_minute", "red_by_hour", "latency_histogram", "span_errors",
        "service_map", "closed_days", "action_pieces", "page_pieces", "usage_sessions", "usage_actions",
        "usage_pages", "usage_steps", "closed_weeks",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """A cluster by the names that its servers' own configuration gives it."""

    cluster: str
    """Of `remote_servers`."""
    path: str
    """Of a replicated table in Keeper, with the macro `{shard}`."""
    replica: str

    def keeper(self, name: str) -> str:
        """The arguments of a replicated engine: one path a shard, or one for all that is everywhere."""
        path, replica = self.path, self.replica
        if name in EVERYWHERE:
            path, replica = path.replace("{shard}", "everywhere"), "{shard}-" + replica
        return f"'{path}', '{replica}'"

    @property
    def on_cluster(self) -> str:
        """The clause."""
        return f"ON CLUSTER '{self.cluster}'"

    def __str__(self) -> str:
        """As it is kept with the tables, to be compared at the next start."""
        return f"cluster {self.cluster}, path {self.path}, replica {self.replica}"
