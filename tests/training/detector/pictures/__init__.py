"""Tests of `training/detector/pictures`."""
