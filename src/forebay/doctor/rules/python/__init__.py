"""Rules about Python sources."""
