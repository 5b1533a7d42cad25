"""HTTP in, Kafka out: the collector. It knows tenants, keys, limits and validation, never ClickHouse."""
