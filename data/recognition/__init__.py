"""How embeddings are compared and named, in NumPy alone.

What is here is shared by training, which fits it, and by the library, which suggests names from
stored embeddings without TensorFlow. `model.classifier.head.Head` is the same in a graph.
"""
