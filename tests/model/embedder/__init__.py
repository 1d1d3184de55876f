"""Tests of `model/embedder`."""
