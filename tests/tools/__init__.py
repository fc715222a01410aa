"""Tests of the checks that lint runs."""
