"""Names the faces of one photo together: two of them rarely are the same person."""

from __future__ import annotations

import math

import tensorflow as tf

from data.recognition.scoring import SECOND_TIME


def compete(logits: tf.Tensor, threshold: float) -> tf.Tensor:
    """Makes a name less probable for every face of a photo but the surest one.

    The faces choose one after the other, the surest first. Whoever takes a name divides the odds of
    that name by `SECOND_TIME` for all who have not chosen yet, so that the weaker of two faces gets
    its second choice, or none, unless it is nearly certain.

    Args:
        logits: float32 [N, K], log odds of every person against unknown; N may be 0, K >= 1.
        threshold: Least probability that takes a name.

    Returns:
        float32 [N, K], discounted log odds.
    """
    people = tf.shape(logits)[1]

    def step(done, logits, open_):
        probability = tf.nn.softmax(tf.pad(logits, [[0, 0], [0, 1]]))[:, :-1]
        surest = tf.reduce_max(tf.where(open_[:, None], probability, -1.0), axis=1)
        face = tf.argmax(surest, output_type=tf.int32)
        name = tf.argmax(probability[face], output_type=tf.int32)
        taken = tf.cast(surest[face] >= threshold, tf.float32)
        open_ &= tf.range(tf.shape(open_)[0]) != face
        cost = taken * math.log(SECOND_TIME) * tf.one_hot(name, people)
        return done + 1, logits - tf.cast(open_, tf.float32)[:, None] * cost, open_

    count = tf.shape(logits)[0]
    _, logits, _ = tf.while_loop(
        lambda done, *_: done < count,
        step,
        (0, logits, tf.ones([count], tf.bool)),
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, logits.shape[1]]),
            tf.TensorShape([None]),
        ),
    )
    return logits
