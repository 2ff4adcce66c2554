"""The label of a product: its lists of ingredients, name by name, and what is known of each."""
