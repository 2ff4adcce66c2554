"""The command line: parse, call, render, and nothing else."""
