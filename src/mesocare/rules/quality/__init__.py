"""Whether a rule set is fit to publish: lint, cases, differences and JSON Schema."""
