"""The files of a rule set, compiled to the frozen model."""
