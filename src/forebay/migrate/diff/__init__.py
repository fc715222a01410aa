"""The difference between two databases: the steps from one to the other, in the order they run."""
