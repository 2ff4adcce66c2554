"""What mesocare remembers: treatments on record, in a private SQLite file."""
