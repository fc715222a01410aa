"""Checks that lint runs and no package ships."""
