"""What the named faces of the library say of all others, at once and without TensorFlow."""
