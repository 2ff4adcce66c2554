"""Views of an assessment: text and JSON."""
