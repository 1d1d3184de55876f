"""Tests of `training/embedder`."""
