"""Tests of `data/library/intake`."""
