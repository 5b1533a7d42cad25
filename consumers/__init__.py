"""Kafka in, ClickHouse out: enrichment, the pass-through sinks and dead letters, never HTTP in."""
