"""Python sources as rules see them."""
