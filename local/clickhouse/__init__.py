"""ClickHouse's HTTP interface on chDB: one process owns a data directory, everybody else uses one URL.

Start it with `python -m local.clickhouse DATA_DIR --host 127.0.0.1 --port 8081`; the password of user
`default` comes from the environment variable `CLICKHOUSE_PASSWORD`.
"""
