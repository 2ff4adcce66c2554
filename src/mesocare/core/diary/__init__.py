"""What somebody notes, and what it means: entries, history, triage, charts and check-in."""
