"""Fits the people's prototypes: a cosine classifier held close to the mean of each person.

All folds are fitted at once, with a prototype for every fold and person, by gradient descent with
momentum on all faces. The gradient is written out: the problem is small, and is solved before a
graph of it would be traced. (In NumPy it is not faster: BLAS waits for busy processors.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from keras import ops

from training.not_finite import NotFinite

EPOCHS, STEPS = 10, 20  # gradient steps on all faces
RATE, MOMENTUM = 0.05, 0.9
ABSENT = -1e9  # logit of a person who is not in a fold


def fit_prototypes(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    *,
    temperature: float,
    prototype_l2: float,
    on_epoch: Callable[[int, float, np.ndarray], object] = lambda epoch, loss, prototypes: None,
) -> np.ndarray:
    """Prototypes that tell the people apart.

    Minimises, for each fold, the cross-entropy of the softmax over cosine / temperature, every
    person weighing the same, plus prototype_l2 / 2K times the squared distance from the means.

    Args:
        embeddings: float32 [F, N, D], unit length, as each fold sees them.
        owners: int [N], 0..K-1.
        train: bool [F, N], what each fold learns from.
        on_epoch: Called after every `STEPS` steps with the number of the epoch, from 1 on, its mean
            loss, and the prototypes float32 [F, K, D], unit length.

    Returns:
        float32 [F, K, D], unit length; zeros for a person who is not in a fold.

    Raises:
        NotFinite: If the loss stops being a finite number.
    """
    one_hot = np.eye(owners.max() + 1, dtype=np.float32)[owners]
    members = train[:, :, None] * one_hot  # [F, N, K]
    counts = members.sum(1)
    present = counts > 0
    means = _unit(members.transpose(0, 2, 1) @ embeddings).astype(np.float32)
    prototypes = means
    if present.shape[1] > 1:
        shares = members / np.maximum(counts, 1)[:, None] / present.sum(1)[:, None, None]
        shares = shares.astype(np.float32)
        means[~present] = np.eye(means.shape[2])[0]  # any direction: zero has none, nor a gradient
        absent = np.where(present, 0.0, ABSENT).astype(np.float32)
        fixed = [ops.convert_to_tensor(x, "float32") for x in (means, embeddings, shares, absent)]
        tensor, velocity = fixed[0], ops.zeros_like(fixed[0])
        for epoch in range(1, EPOCHS + 1):
            losses = []
            for _ in range(STEPS):
                loss, gradient = _loss_and_gradient(tensor, *fixed, temperature, prototype_l2)
                velocity = MOMENTUM * velocity - RATE * gradient
                tensor = tensor + velocity
                losses.append(loss)
            mean = float(ops.mean(ops.stack(losses)))
            if not np.isfinite(mean):
                raise NotFinite("the classifier was given up, because its loss is no finite number")
            prototypes = _unit(ops.convert_to_numpy(tensor))
            on_epoch(epoch, mean, prototypes)
    return (prototypes * present[:, :, None]).astype(np.float32)


def _loss_and_gradient(
    prototypes, means, embeddings, shares, absent, temperature: float, prototype_l2: float
):
    """The loss of all folds together, and its gradient float32 [F, K, D] by the prototypes.

    Args:
        prototypes, means: float32 [F, K, D].
        embeddings: float32 [F, N, D].
        shares: float32 [F, N, K], one-hot times the weight of the face in the fold.
        absent: float32 [F, K], 0 or, for a person who is not in the fold, `ABSENT`.
    """
    people = means.shape[1]
    lengths = ops.sqrt(ops.sum(prototypes**2, axis=-1, keepdims=True))
    directions = prototypes / lengths
    cosines = ops.matmul(embeddings, ops.swapaxes(directions, 1, 2))  # [F, N, K]
    logs = ops.log_softmax(cosines / temperature + absent[:, None], axis=-1)
    away = prototypes - means
    loss = prototype_l2 / (2.0 * people) * ops.sum(away**2) - ops.sum(shares * logs)

    by_cosines = (ops.sum(shares, axis=-1, keepdims=True) * ops.exp(logs) - shares) / temperature
    by_directions = ops.matmul(ops.swapaxes(by_cosines, 1, 2), embeddings)
    along = ops.sum(by_directions * directions, axis=-1, keepdims=True)
    by_prototypes = (by_directions - along * directions) / lengths
    return loss, by_prototypes + prototype_l2 / people * away


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
