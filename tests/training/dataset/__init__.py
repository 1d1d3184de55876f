"""Tests of `training/dataset`."""
