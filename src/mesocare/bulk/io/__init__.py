"""Tables in and out: readers, writers, rejects and spreadsheets."""
