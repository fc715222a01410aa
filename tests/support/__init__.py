"""What tests of a running gateway stand on: a database, a gateway, a client of the protocol."""
