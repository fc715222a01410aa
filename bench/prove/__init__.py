"""The long proofs: what the project claims and a test is too short to show."""
