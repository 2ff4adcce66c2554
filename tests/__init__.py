"""The tests of mesocare."""
