"""Views as stable, versioned JSON."""
