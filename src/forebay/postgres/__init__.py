"""PostgreSQL itself: its URLs, its binaries, and the embedded development server.

Imports no other room but `errors`.
"""
