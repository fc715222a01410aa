"""Real clients, through a gateway and without one."""
