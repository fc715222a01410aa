"""The room of `forebay storm`: launch day, simulated against a database or a route."""
