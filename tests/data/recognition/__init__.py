"""Tests of `data/recognition`."""
