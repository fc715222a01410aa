"""What goes wrong around a gateway, and what is left of it afterwards."""
