"""Tests of `model/detector`."""
