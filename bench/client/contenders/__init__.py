"""One module a library: each says how it does the workload the way its users would."""
