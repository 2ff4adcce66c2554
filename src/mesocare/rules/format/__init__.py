"""The format of rule files: types, schema, reader, and every problem with its line."""
