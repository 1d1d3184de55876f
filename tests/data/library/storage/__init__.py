"""Tests of `data/library/storage`."""
