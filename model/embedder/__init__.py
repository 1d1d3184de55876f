"""Faces to unit vectors: the aligner, the networks, and what joins them."""
