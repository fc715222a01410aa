"""What a client stands on: connections that carry the engine's work on."""
