"""Tests of `data/library/photos`."""
