"""Tests of `data/library`."""
