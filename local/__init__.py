"""The embedded stack: Apache Kafka, ClickHouse's engine behind its HTTP interface, and their supervisor."""
