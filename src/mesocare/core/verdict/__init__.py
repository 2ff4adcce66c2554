"""Verdicts: windows on the clock, where a rule stands, and the answer to a question."""
