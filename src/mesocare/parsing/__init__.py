"""What people type, read as dates, activities and signs."""
