"""The map of a family: where everybody stands on it, and the pictures one can save; no widgets."""
