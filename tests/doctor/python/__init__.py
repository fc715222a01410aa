"""The rules about Python."""
