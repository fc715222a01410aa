"""What can be pasted, one file a kind; each is complete, and holds placeholders for credentials."""
