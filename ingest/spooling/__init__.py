"""The spool: records on the collector's own disk while Kafka is away, and their way back to Kafka."""
