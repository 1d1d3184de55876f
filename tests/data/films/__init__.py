"""Tests of `data/films`."""
