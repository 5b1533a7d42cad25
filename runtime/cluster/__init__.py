"""ClickHouse on several servers: where each table rests, each statement rendered for it (decision 0019)."""
