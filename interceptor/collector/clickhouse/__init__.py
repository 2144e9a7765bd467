"""ClickHouse as an engine of the collector: for those who outgrow one machine's SQLite."""
