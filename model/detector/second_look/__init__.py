"""A second look at what the sliding window found: whether it is a face, and its landmarks.

windows      square windows of a photo, turned upright
verifier     our own network that says whether a window shows a face
refinement   what it and the cascade's networks make of scores and landmarks
"""
