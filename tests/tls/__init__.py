"""TLS between clients, a gateway and PostgreSQL."""
