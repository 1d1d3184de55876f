"""Training the single-shot face detector: `python -m training.detector FOLDER`.

    pictures/          labelled photos -> training pictures and what every cell should say
    losses             how wrong the network is; distill_losses: how far from a teacher
    fit                the training, with checkpoints
    family_finetune    the shipped detector fine-tuned on a family's boxes
    verifier           the network that says whether what was found is a face
    closer_look        the network that says where a small picture deserves a closer look
    conditions         close-ups, quarter turns, no face: what a detector makes of them
    average_precision  how good a detector is on photos that nothing was learned from

Only `landmark_teacher`, `verifier`, `closer_look`, `conditions` and `average_precision` need
TensorFlow; the rest runs on every Keras backend.
"""
