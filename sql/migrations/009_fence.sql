-- Who may insert a partition's records: the claim of the highest epoch, among equal epochs the greatest. Rows are
-- only ever added, and each is on the disk before it is acknowledged: a claim that a power cut takes back would let
-- two consumers insert the same records. The landing views refuse an INSERT under any other claim.
CREATE TABLE IF NOT EXISTS fence
(
    topic_id        FixedString(16),
    kafka_partition UInt16,
    epoch           UInt64,
    claim           Int64,
    claimed_at      DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (topic_id, kafka_partition, epoch)
SETTINGS
    non_replicated_deduplication_window = 0,
    fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
