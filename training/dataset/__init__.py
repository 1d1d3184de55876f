"""A family as a training set: faces found, chosen, cached, grouped into moments and folds."""
