"""What type checkers know of a generated client: the operations, for the types of any model."""
