"""Runs the data plane: settings, files, limits, signals."""
