"""Tests of `model/zoo`."""
