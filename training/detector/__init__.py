"""Training the single-shot face detector: `python -m training.detector FOLDER`.

    pictures/          labelled photos -> training pictures and what every cell should say
    losses             how wrong the network is; distill_losses: how far from a teacher
    fit                the training, with checkpoints
    family_finetune    the shipped detector fine-tuned on a family's boxes
    closer_look        the network that says where a small picture deserves a closer look
    average_precision  how good a detector is on photos that nothing was learned from

Only `landmark_teacher`, `closer_look` and `average_precision` need TensorFlow; the rest
runs on every Keras backend.
"""
