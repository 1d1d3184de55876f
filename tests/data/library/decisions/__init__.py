"""Tests of `data/library/decisions`."""
