"""Tests of `data/regions`."""
