"""Benchmarks that pair Forebay with a peer in one run, and the proofs of what it claims.

Nothing here is shipped, and nothing shipped imports it.
"""
