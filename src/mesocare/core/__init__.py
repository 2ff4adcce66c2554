"""What mesocare knows: pure, without clock, files or third-party code."""
