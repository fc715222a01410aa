"""Tests of Forebay; the folders mirror those of `src/forebay`."""
