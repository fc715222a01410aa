"""What extensions that limit records have in common: the way through a request."""
