"""Tests of `ui/actions`."""
