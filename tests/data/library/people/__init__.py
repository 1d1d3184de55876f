"""Tests of `data/library/people`."""
