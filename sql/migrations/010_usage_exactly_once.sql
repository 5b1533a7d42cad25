-- What exactly-once needs of the usage tables. The projection holds one row a record: it answers which records are
-- stored, and which batches. Version 7 ids begin with their time, so a look-up of new batches reads its newest part
-- alone; those of version 4 lie anywhere, and their look-up costs more the more of them are stored.
ALTER TABLE usage_events
    ADD PROJECTION IF NOT EXISTS by_batch
    (
        SELECT batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at, count()
        GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
    );
ALTER TABLE usage_events
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE usage_batches
    ADD COLUMN IF NOT EXISTS claim Int64;
