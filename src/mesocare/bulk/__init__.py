"""Many treatments at once: a table of patients in, a table of verdicts out."""
