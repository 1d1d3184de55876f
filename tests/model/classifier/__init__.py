"""Tests of `model/classifier`."""
