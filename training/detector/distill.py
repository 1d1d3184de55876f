"""Learning from another single-shot detector: what it says of every cell, not only where faces are.

G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; the features of the pyramid
as a hint after A. Romero et al., "FitNets", ICLR 2015, section 2.2. The teacher saw many more
photos than we have; here it answers for every picture that training makes up. Both networks have
the same strides and the same width of the pyramid, so their cells can be compared one by one.

A row of `output` float32 [B, C, 16 + F + 16 + F] is what the network says, its features, what the
teacher says, and the teacher's features.
"""

from __future__ import annotations

import keras
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

LEAST_SCORE = 0.1  # of the teacher, for its box to be worth learning


def with_features(
    network: keras.Model, strides: tuple[int, ...], name: str | None = None
) -> keras.Model:
    """The same network that gives its pyramid, too: "neck<stride>" beside "map<stride>"."""
    features = {f"neck{s}": network.get_layer(f"neck{s}_relu").output for s in strides}
    return keras.Model(network.input, {**network.output, **features}, name=name or network.name)


def by_cell(outputs: dict, strides: tuple[int, ...], kinds: tuple[str, ...]):
    """Maps of all levels as one tensor [B, C, sum of their widths], fine to coarse."""
    levels = []
    for stride in strides:
        maps = [outputs[f"{kind}{stride}"] for kind in kinds]
        maps = [layers.Reshape((-1, x.shape[-1]))(x) for x in maps]
        levels.append(layers.Concatenate()(maps) if len(maps) > 1 else maps[0])
    return layers.Concatenate(axis=1)(levels)


def distillation_loss(truth, output):
    """What training with a teacher makes small: the labels' loss, the teacher's, and the hint."""
    return (
        detection_loss(truth, output)
        + taught_score_loss(truth, output)
        + BOX_WEIGHT * taught_box_loss(truth, output)
        + hint_loss(truth, output)
    )


def taught_score_loss(truth, output):
    """Quality focal loss to the teacher's score, over all cells.

    Divided by the sum of the teacher's scores, about the number of cells that see a face.
    """
    wanted = _score(_taught(output))
    focal = quality_focal(part_of(output, "object"), wanted)
    return ops.sum(focal) / ops.maximum(ops.sum(wanted), 1.0)


def taught_box_loss(truth, output):
    """One less the distance-IoU to the teacher's box, weighed by how sure the teacher is."""
    teacher = _taught(output)
    score = _score(teacher)
    weight = ops.where(score >= LEAST_SCORE, score, 0.0)
    loss = 1.0 - distance_iou(boxes_of(teacher), boxes_of(output))
    return ops.sum(weight * loss) / ops.maximum(ops.sum(weight), 1.0)


def hint_loss(truth, output):
    """Squared distance of the features to the teacher's, as a part of the teacher's square."""
    width = output.shape[-1] // 2
    mine, wanted = output[..., MAP_WIDTH:width], output[..., width + MAP_WIDTH :]
    return ops.sum(ops.square(mine - wanted)) / ops.maximum(ops.sum(ops.square(wanted)), 1e-6)


def _taught(output):
    return output[..., output.shape[-1] // 2 :]


def _score(output):
    return ops.sqrt(ops.sigmoid(part_of(output, "face")) * ops.sigmoid(part_of(output, "object")))
