"""The use cases, free of terminal and Typer."""
