"""Learning a family: choose the faces, fit the classifier, measure it, export the SavedModel.

What is learned reaches the rest of Kindred only through the exported model folder. The conventions
of `data` hold here too.
"""
