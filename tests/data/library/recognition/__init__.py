"""Tests of `data/library/recognition`."""
