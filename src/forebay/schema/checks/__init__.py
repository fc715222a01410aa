"""The rules a sound model is held to, each a function that reports what breaks it."""
