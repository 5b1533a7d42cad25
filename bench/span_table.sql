-- Spans of eight services over ten days up to now, 20 a trace: {first:UInt64} to {until:UInt64} of {spans:UInt64}.
INSERT INTO trace_spans
(
    received_at, tenant, retention_days, service, name, kind, started_at, duration_ns, status, status_message,
    http_status, trace_id, span_id, parent_span_id, session_id, user_id, resource, resource_types, attributes,
    attribute_types, scope_name, scope_version, `events.at`, `events.name`, `events.attributes`,
    batch_id, topic_id, kafka_partition, kafka_offset
)
WITH
    intDiv(number, 20) AS trace,
    number % 20 AS place,
    cityHash64(trace) AS of_trace,
    cityHash64(number, 1) AS of_span,
    toDateTime64(now() - 864000 * (1 - number / {spans:UInt64}), 9, 'UTC') AS began,
    of_span % 100 = 0 AS failed,
    -- The sum of four even chances is nearly normal, so durations are nearly log-normal.
    ((of_span % 10007) / 10007 + (of_span % 10009) / 10009 + (of_span % 10037) / 10037 + (of_span % 10039) / 10039 - 2)
        AS deviation
SELECT
    began + INTERVAL 1 SECOND,
    ['bench', 'bench', 'bench', 'other', 'third'][of_trace % 5 + 1],
    90,
    ['checkout', 'billing', 'identity', 'search', 'mail', 'reports', 'gateway', 'ledger'][(of_trace + intDiv(place, 7)) % 8 + 1],
    ['GET /invoices', 'SELECT invoices', 'POST /time', 'GET /time', 'charge', 'render', 'GET /reports', 'SELECT users'][of_span % 8 + 1],
    [2, 3, 2, 2, 3, 1, 2, 3][of_span % 8 + 1],
    began + toIntervalNanosecond(place * 1000000),
    toInt64(exp(16 + 2.5 * deviation)),
    if(failed, 2, 0), if(failed, 'no invoice', ''), if(failed, 500, 200),
    reinterpretAsFixedString(sipHash128(trace)),
    reinterpretAsFixedString(of_span),
    if(place = 0, '', reinterpretAsString(cityHash64(trace * 20 + intDiv(place - 1, 3), 1))),
    concat('s-', toString(of_trace % 50000)), concat('u-', toString(of_trace % 20000)),
    map('service.name', 'a service', 'service.version', '1.4.2'), [10, 10],
    map(
        'http.request.method', 'GET', 'url.path', concat('/api/invoices/', toString(of_span % 9999)),
        'http.route', '/api/invoices/(id)', 'server.address', 'app.example.eu', 'network.protocol.version', '1.1',
        'db.system.name', 'postgresql', 'user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0',
        'session.id', concat('s-', toString(of_trace % 50000)), 'code.function.name', 'invoices.views.show',
        'http.response.status_code', if(failed, '500', '200'), 'sampling.ratio', '0.25', 'cache.hit', 'false'
    ),
    [10, 10, 10, 10, 10, 10, 10, 10, 10, 24, 33, 16],
    'opentelemetry.instrumentation.asgi', '0.66b2',
    if(failed, [began], []), if(failed, ['exception'], []),
    if(failed, [map('exception.type', concat(char(10, 10), 'ValueError'))], CAST([], 'Array(Map(String, String))')),
    toFixedString(concat(reverse(reinterpretAsString(toUInt64(toUnixTimestamp64Milli(began)))), reinterpretAsString(of_trace)), 16),
    'bench topic id..', of_trace % 4, trace
FROM numbers({first:UInt64}, {until:UInt64} - {first:UInt64})
SETTINGS max_insert_threads = 2, max_insert_block_size = 500000, min_insert_block_size_rows = 500000
