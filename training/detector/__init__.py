"""Training the single-shot face detector: `python -m training.detector FOLDER`.

    samples  photos with face boxes          -> teacher  adds landmarks where labels have none
    augment  one training picture            -> targets  what every cell of the network should say
    losses   how wrong the network is        -> fit      the training, with checkpoints
    judge    average precision on photos that nothing was learned from

Only `teacher` and `judge` need TensorFlow; the rest runs on every Keras backend.
"""
