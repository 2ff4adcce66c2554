"""What tests share: the program, records, tables, oracles."""
