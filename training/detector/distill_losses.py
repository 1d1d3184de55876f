"""Learning from another single-shot detector: what it says of every cell, not only where faces are.

G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015. The teacher saw many more
photos than we have; here it answers for every picture that training makes up. Both networks have
the same strides, so their cells can be compared one by one.

A row of `output` float32 [B, C, 16 + 16] is what the network says and what the teacher says.
"""

from __future__ import annotations

from keras import layers, ops

from training.detector.losses import (
    BOX_WEIGHT,
    MAP_WIDTH,
    boxes_of,
    detection_loss,
    distance_iou,
    part_of,
    quality_focal,
)
from training.detector.pictures.targets import STATE

LEAST_SCORE = 0.1  # of the teacher, for its box to be worth learning


def by_cell(outputs: dict, strides: tuple[int, ...]):
    """The maps of all levels as one tensor [B, C, 16], fine to coarse."""
    levels = [layers.Reshape((-1, MAP_WIDTH))(outputs[f"map{stride}"]) for stride in strides]
    return layers.Concatenate(axis=1)(levels)


def distillation_loss(truth, output):
    """What training with a teacher makes small: the labels' loss and the teacher's."""
    return (
        detection_loss(truth, output)
        + taught_score_loss(truth, output)
        + BOX_WEIGHT * taught_box_loss(truth, output)
    )


def taught_score_loss(truth, output):
    """Quality focal loss to the teacher's score, over the cells of pictures that have a face.

    Where the labels say that nobody is, the teacher is not asked: it takes a dog for somebody, too.
    Divided by the sum of the teacher's scores, about the number of cells that see a face.
    """
    asked = _has_faces(truth)
    wanted = asked * _score(_taught(output))
    focal = asked * quality_focal(part_of(output, "object"), wanted)
    return ops.sum(focal) / ops.maximum(ops.sum(wanted), 1.0)


def taught_box_loss(truth, output):
    """One less the distance-IoU to the teacher's box, weighed by how sure the teacher is."""
    teacher = _taught(output)
    score = _has_faces(truth) * _score(teacher)
    weight = ops.where(score >= LEAST_SCORE, score, 0.0)
    loss = 1.0 - distance_iou(boxes_of(teacher), boxes_of(output))
    return ops.sum(weight * loss) / ops.maximum(ops.sum(weight), 1.0)


def _has_faces(truth):
    """float32 [B, 1, 1]: 1 for a picture with a face, be it one that does not count."""
    return ops.cast(ops.any(truth[..., STATE] != 0, axis=1, keepdims=True), "float32")


def _taught(output):
    return output[..., MAP_WIDTH:]


def _score(output):
    return ops.sqrt(ops.sigmoid(part_of(output, "face")) * ops.sigmoid(part_of(output, "object")))
