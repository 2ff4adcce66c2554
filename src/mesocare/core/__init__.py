"""What mesocare knows: pure, without clock, files or third-party code."""

# What a treatment is taken for whose type nobody named.
DEFAULT_TYPE = "face"
