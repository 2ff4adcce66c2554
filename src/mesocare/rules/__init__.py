"""Rule files to the model: read, check, build, keep."""
