"""The browser SDK's queue, which the browser alone looks into: what can be seen is how late events came."""

from datetime import UTC, datetime, timedelta

from privacy.retention.reading import Reach, Reading

LIMIT = timedelta(hours=24)
"""The SDK drops what is older before it sends (`sdk/src/queue.ts`)."""
_LATEST = """
    SELECT
        count(), minOrNull(occurred_at),
        countIf(occurred_at < received_at - toIntervalSecond({limit:UInt32}))
    FROM usage_events
    WHERE received_at > {since:DateTime64(3)} AND startsWith(sdk, 'js/')
"""


def measure(reach: Reach, now: datetime) -> Reading:
    """Of what came within a day. Late events are told, not judged: a page can claim any time of an event."""
    since = now - timedelta(days=1)
    asked = {"since": since.astimezone(UTC).replace(tzinfo=None), "limit": int(LIMIT.total_seconds())}
    count, oldest, late = reach.clickhouse().query(_LATEST, asked).result_rows[0]
    return Reading(
        limit_in_store=f"by the SDK's own code; {late:,} of {count:,} of the last day say they are older",
        oldest_occurred_at=oldest.replace(tzinfo=UTC) if oldest else None,
    )
