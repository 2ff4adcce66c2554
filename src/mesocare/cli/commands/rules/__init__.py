"""`mesocare rules`: the rule set itself."""
