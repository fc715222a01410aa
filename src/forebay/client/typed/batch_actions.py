"""What runs where the types of batches are declared: the stub beside says what these are."""

from forebay.client.actions import Actions as BatchActions

__all__ = ["BatchActions"]
