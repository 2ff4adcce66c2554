"""The streaming engine: row by row in constant memory."""
