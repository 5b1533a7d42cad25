"""Kafka's offsets against ClickHouse's rows: whether each record that was accepted became what it should.

In reading order: `accounts` (what a record can have become) → `reconcile` (one topic, partition by
partition) → `rows` (ClickHouse's side) → `intervals` (the gaps between) → `judgement` (what became of a
gap's record) → `repair`.
"""
