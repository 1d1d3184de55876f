"""Naming people: unknown groups, unclear faces, uploads, and two names that may be one person."""
