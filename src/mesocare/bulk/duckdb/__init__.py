"""The engine for large tables: in DuckDB, parallel and out of core."""
