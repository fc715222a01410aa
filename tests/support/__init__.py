"""What tests of a running gateway stand on: a database, a gateway, and a client of the bare protocol."""
