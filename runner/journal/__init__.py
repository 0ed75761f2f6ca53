"""The journal of the local engine: one SQLite file (WAL) in the project's `.durable/` directory."""
