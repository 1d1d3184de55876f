"""Tests of `data/library/groups`."""
