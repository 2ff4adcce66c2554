"""A clinic's protocol, merged into a rule set."""
