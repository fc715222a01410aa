"""Says which strategy fits, how large every number may be, and what to paste."""
