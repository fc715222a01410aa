"""One file a rule; each holds its `RULE`."""
