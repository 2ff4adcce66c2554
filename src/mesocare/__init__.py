"""mesocare: where somebody is in their recovery after mesotherapy, traceable to sources."""

__version__ = "0.1.0"
