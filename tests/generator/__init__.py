"""Tests of what is generated."""
