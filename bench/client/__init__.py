"""What the Python client costs per operation, beside the libraries its users come from."""
