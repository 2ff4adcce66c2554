"""Views as pages that load nothing and run nothing."""
