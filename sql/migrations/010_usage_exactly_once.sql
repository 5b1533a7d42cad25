-- What exactly-once needs of the usage tables. batch_at is the client's time of a batch's first event: the same in
-- each retry of the batch, and near to now for nearly all, so that a look-up by (batch_at, batch_id) touches the
-- newest part of the projection alone. The projection holds one row a record: it answers which records are stored,
-- and which batches.
ALTER TABLE usage_events
    ADD COLUMN IF NOT EXISTS batch_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD) AFTER batch_id;
ALTER TABLE usage_events
    ADD PROJECTION IF NOT EXISTS by_batch
    (
        SELECT batch_at, batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at, count()
        GROUP BY batch_at, batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
    );
ALTER TABLE usage_events
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE usage_batches
    ADD COLUMN IF NOT EXISTS claim Int64;
