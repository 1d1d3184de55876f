"""Tests of `training/detector`."""
