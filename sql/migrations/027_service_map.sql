-- Who calls whom, how often, how fast, from `since` until `until` (DateTime64, UTC, of the spans' start):
-- SELECT * FROM service_map(tenant = 'demo', since = '2026-11-25 08:00:00', until = '2026-11-25 09:00:00').
-- A call is two spans, the caller's client or producer span and the callee's server or consumer span, its child. They
-- meet under the caller's span id in one pass; nothing is joined. What several services consumed is a call to each. A
-- client span that no server answered is a call to what reports no spans, named by its attributes: a database, a host.
CREATE VIEW IF NOT EXISTS service_map AS
SELECT
    caller, callee, callee_kind,
    count() AS calls,
    sum(failed) AS errors,
    quantileDD(0.01, 0.5)(took_ns) AS p50_ns,
    quantileDD(0.01, 0.95)(took_ns) AS p95_ns,
    quantileDD(0.01, 0.99)(took_ns) AS p99_ns
FROM
(
    SELECT
        anyIf(service, is_caller) AS caller,
        groupUniqArrayIf(service, NOT is_caller) AS served_by,
        arrayJoin(if(empty(served_by), [anyIf(peer, is_caller)], arrayMap(s -> ('service', s), served_by))) AS called,
        called.1 AS callee_kind,
        called.2 AS callee,
        max(status = 'error') AS failed,
        maxIf(duration_ns, is_caller) AS took_ns
    FROM
    (
        SELECT
            service, status, duration_ns, trace_key,
            kind IN ('client', 'producer') AS is_caller,
            if(is_caller, span_id, parent_span_id) AS call,
            multiIf(
                NOT is_caller, ('', ''),
                attributes['db.system.name'] != '', ('database', attributes['db.system.name']),
                attributes['db.system'] != '', ('database', attributes['db.system']),
                attributes['messaging.system'] != '', ('queue', attributes['messaging.system']),
                attributes['peer.service'] != '', ('service', attributes['peer.service']),
                attributes['server.address'] != '', ('host', attributes['server.address']),
                ('unknown', 'unknown')
            ) AS peer
        FROM spans
        WHERE tenant = {tenant:String}
          AND kind IN ('client', 'producer', 'server', 'consumer')
          AND toStartOfMinute(started_at) >= toStartOfMinute({since:DateTime64(3, 'UTC')})
          AND toStartOfMinute(started_at) <= toStartOfMinute({until:DateTime64(3, 'UTC')})
          AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
    )
    WHERE call != ''
    GROUP BY trace_key, call
)
WHERE caller != ''
GROUP BY caller, callee, callee_kind;
