-- What failed: one row for each exception that a span recorded, and for each span that failed without one. Errors are
-- alike when their type, the shape of their message and their top frame are: `error_group`. A shape is the message with
-- `#` for each number or identifier and `?` for what is in quotes; an
-- apostrophe within a word opens none. The top frame is where it was raised: the last one of a Python traceback, the
-- first of others. Line numbers, which change with each release, are left out.
CREATE VIEW IF NOT EXISTS span_errors AS
WITH
    text -> replaceRegexpAll(
        replaceRegexpAll(replaceRegexpAll(text, '"[^"]*"', '?'), '(^|[^0-9A-Za-z])''[^'']*''', '\\1?'),
        '\\b(?:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|0x[0-9a-fA-F]+|[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}|[0-9]+(?:[.,:][0-9]+)*[a-zA-Z]{0,2})\\b', '#'
    ) AS shape,
    stack -> if(
        match(stack, 'File "[^"]+", line [0-9]+, in '),
        concat(
            extractAllGroupsVertical(stack, 'File "([^"]+)", line [0-9]+, in ([^\\n]+)')[-1][1], ' in ',
            extractAllGroupsVertical(stack, 'File "([^"]+)", line [0-9]+, in ([^\\n]+)')[-1][2]
        ),
        replaceRegexpAll(trimBoth(extract(stack, '(?:^|\\n)\\s*at ([^\\n]+)')), ':(?:line )?[0-9]+', '')
    ) AS frame
SELECT
    lower(hex(sipHash64(exception_type, message_shape, top_frame))) AS error_group,
    *
FROM
(
    SELECT
        received_at, tenant, service, name, kind, started_at, at, duration_ns, http_status, trace_id, trace_key, span_id,
        session_id, user_id,
        exception['exception.type'] AS exception_type,
        if(is_exception, exception['exception.message'], status_message) AS message,
        substring(shape(message), 1, 200) AS message_shape,
        frame(exception['exception.stacktrace']) AS top_frame,
        exception['exception.stacktrace'] AS stacktrace
    FROM
    (
        SELECT
            received_at, tenant, service, name, kind, started_at, duration_ns, http_status, trace_id, trace_key, span_id,
            session_id, user_id, status_message,
            arrayFilter((e, n) -> n = 'exception', arrayZip(`events.at`, `events.attributes`), `events.name`) AS exceptions,
            notEmpty(exceptions) AS is_exception,
            arrayJoin(if(is_exception, exceptions, [(started_at, CAST(map(), 'Map(String, String)'))])) AS one,
            one.1 AS at,
            one.2 AS exception
        FROM spans
        WHERE status = 'error'
    )
);
