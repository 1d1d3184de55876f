"""The networks, the one SavedModel that joins them, and the `Tagger` that runs it.

    pixels -> detector -> aligner -> embedder -> classifier -> names

The conventions of `data` hold here too: images are upright RGB uint8 [H, W, 3], boxes float32
xyxy in pixels, landmarks float32 [5, 2], embeddings float32 of unit length. Networks are Keras
models; what surrounds them (pyramid, alignment, thresholds) is TensorFlow, so that the whole flow
is one graph which can be saved and served.
"""
