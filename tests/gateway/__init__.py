"""What a gateway makes of the bare protocol."""
