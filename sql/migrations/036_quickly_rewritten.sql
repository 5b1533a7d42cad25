-- An erasure rewrites the days that hold a person, and ZSTD was a quarter of what that cost: parts of events are LZ4 whatever
-- their size, as they are on any server whose configuration names no codec (docs/decisions/0016-erased-persons-are-suppressed.md).
-- Nothing is rewritten now: a part gets it when it is merged or rewritten next.
ALTER TABLE usage_events MODIFY SETTING default_compression_codec = 'LZ4';
