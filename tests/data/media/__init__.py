"""Tests of `data/media`."""
