"""Tests of `training/classifier`."""
