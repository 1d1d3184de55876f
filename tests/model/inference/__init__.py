"""Tests of `model/inference`."""
