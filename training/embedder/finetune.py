"""Fine-tunes the upper levels of an embedder on a family, close to what it was.

What is below the upper levels stays as it is, and is run once for every view of every face, so that
training is feasible on two cores. Pure Keras: it runs on every Keras backend.

Expected: 8 people with 20 photos each take about a minute and a half on two cores; what it gains is
measured for every family (`training.embedder.stages`), because it may be nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers, ops

from data.recognition.age import AgeCorrection
from data.recognition.config import HeadConfig
from model.embedder.age_correction import WithoutAge
from training.embedder.frozen_features import Features
from training.l2sp import hold_close
from training.mixed_precision import copied, loss_scaled
from training.not_finite import NotFinite


@dataclass(frozen=True)
class FineTuning:
    """How to fine-tune.

    Attributes:
        epochs: At most so many; each shows every face about twice.
        rate: Learning rate at the start; it falls to nothing along a cosine.
        batch: Faces in a batch, equally many of every person in it.
        margin: Of the softmax, in parts of the distance from mean impostor to genuine score.
        l2sp: Strength with which the weights are held close to the pretrained ones.
        distil: Weight of the pretrained geometry for faces of nobody in the family.
        views: How many views of every face, see `training.embedder.chip_views`.
        patience: Epochs without progress on held-out photos after which it stops.
    """

    epochs: int = 12
    rate: float = 1e-5
    batch: int = 32
    margin: float = 0.3
    l2sp: float = 0.01
    distil: float = 10.0
    views: int = 8
    patience: int = 3


DEFAULTS = FineTuning()


@dataclass
class Run:
    """What one fine-tuning came to.

    Attributes:
        upper: The upper part, trained.
        history: Figures by name, one an epoch.
        embeddings: Those of the family and of `validation` after each epoch, if asked for.
    """

    upper: keras.Model
    history: dict[str, list[float]]
    embeddings: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)


@keras.saving.register_keras_serializable("kindred")
class People(layers.Layer):
    """Cosines, float [N, K], of embeddings with a trainable direction for every person.

    Args:
        directions: float [K, D], from where training starts.
    """

    def __init__(self, directions, **options):
        super().__init__(**options)
        self._start = np.asarray(directions, np.float32)

    def build(self, input_shape):
        self.directions = self.add_weight(
            shape=self._start.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(self._start, dtype),
            name="directions",
        )

    def call(self, embeddings):
        directions = ops.normalize(ops.cast(self.directions, embeddings.dtype), axis=-1)
        return ops.matmul(embeddings, ops.transpose(directions))

    def get_config(self) -> dict:
        return {**super().get_config(), "directions": self._start.tolist()}


class BalancedBatches(keras.utils.PyDataset):
    """Random views, as many of every person as of any other, with some strangers in every batch.

    A batch is (features [B, ...], targets): "people" one-hot over the people in `rows`, zeros for a
    stranger, and "embedding" [B, D], what the pretrained network says of a stranger, zeros for the
    family.
    """

    def __init__(self, features: Features, owners, rows, teacher, options: FineTuning, seed=0):
        super().__init__()
        self._features, self._owners, self._teacher = features, owners, teacher
        self._options, self._rng = options, np.random.default_rng(seed)
        self._of = [np.flatnonzero(rows & (owners == k)) for k in np.unique(owners[rows])]
        self._count = max(1, round(2 * rows.sum() / options.batch))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int):
        rng, size = self._rng, self._options.batch
        turns = np.concatenate([rng.permutation(len(self._of)) for _ in range(size)])[:size]
        rows = np.array([rng.choice(self._of[person]) for person in turns])
        view = rng.integers(0, self._features.family.shape[1], size)
        faces = self._features.family[rows, view]
        people = np.eye(len(self._of), dtype=np.float32)[turns]
        teacher_targets = np.zeros((size, self._teacher.shape[-1]), np.float32)
        if len(self._teacher):
            others = rng.integers(0, len(self._teacher), size // 2)
            side = rng.integers(0, 2, size // 2)
            faces = np.concatenate([faces, self._features.strangers[others, side]])
            people = np.concatenate([people, np.zeros((size // 2, people.shape[1]), np.float32)])
            teacher_targets = np.concatenate([teacher_targets, self._teacher[others, side]])
        return faces.astype(np.float32), {"people": people, "embedding": teacher_targets}


def fine_tune(
    upper: keras.Model,
    features: Features,
    owners: np.ndarray,
    rows: np.ndarray,
    head: HeadConfig,
    options: FineTuning = DEFAULTS,
    *,
    age: AgeCorrection | None = None,
    watch: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    mixed: bool = False,
) -> Run:
    """Trains a copy of the upper part.

    The loss is the cross-entropy of a softmax over cosines from which the right person's margin was
    taken (CosFace: Wang et al. 2018, eq. 4), plus a penalty on how far all weights
    are from their start (L2-SP: Li et al. 2018, eq. 4), plus the cosine distance of strangers'
    embeddings from what they were.

    Args:
        upper: From features to embeddings; it is not changed.
        owners: int [N], people of the family's features.
        rows: bool [N], what to learn from.
        head: Gives the scale of the cosines in this network's space.
        age: What the network makes of age: the loss sees embeddings without it, as the head does.
        watch: Whether to evaluate the faces that are not in `rows` after each epoch, to keep all
            embeddings and to stop when there is no more progress.
        mixed: Whether to compute in float16, for a GPU.

    Raises:
        NotFinite: If the loss or a weight stops being a finite number.
    """
    student = copied(upper, mixed)
    hold_close(student, options.l2sp)
    teacher = _without_age(_unit(_run(upper, features.strangers)), age)
    spread = head.genuine[0] - head.impostor[0]
    people, present = _directions(embed(upper, features.family, age), owners, rows)
    people = people[present]

    inputs = keras.Input(upper.input_shape[1:])
    vector = layers.UnitNormalization(name="embedding", dtype="float32")(student(inputs))
    if age is not None:
        vector = WithoutAge(age, name="without_age", dtype="float32")(vector)
    model = keras.Model(
        inputs,
        {"people": People(people, name="people", dtype="float32")(vector), "embedding": vector},
    )
    data = BalancedBatches(features, owners, rows, teacher, options)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(options.rate, options.epochs * len(data))
    )
    model.compile(
        loss_scaled(optimizer, mixed),
        loss={
            "people": _margin_softmax(options.margin * spread, spread / 3),
            "embedding": _distillation(options.distil / spread / 10),
        },
        jit_compile=False if keras.config.backend() == "tensorflow" else "auto",
    )
    run = Run(student, {})
    own = [keras.callbacks.TerminateOnNaN()]
    if watch:
        own += [
            _Watch(run, features, owners, rows, spread / 3, age),
            keras.callbacks.EarlyStopping("val_loss", patience=options.patience, mode="min"),
        ]
    fitted = model.fit(data, epochs=options.epochs, verbose=0, callbacks=[*own, *callbacks])
    run.history = {name: list(map(float, values)) for name, values in fitted.history.items()}
    weights = (np.isfinite(weight).all() for weight in student.get_weights())
    if not np.isfinite(run.history.get("loss", [np.nan])).all() or not all(weights):
        raise NotFinite("fine-tuning was given up, because its loss is no finite number")
    return run


def embed(upper: keras.Model, features: np.ndarray, age: AgeCorrection | None = None) -> np.ndarray:
    """Embeddings float32 [N, D] of features [N, V, ...]: of the first two views, as at tagging."""
    both = _run(upper, features[:, :2])
    return _without_age(_unit(both.sum(1)), age)


def _without_age(vectors: np.ndarray, age: AgeCorrection | None) -> np.ndarray:
    """Unit vectors float32 [..., D], corrected."""
    if age is None:
        return vectors
    return age.correct(vectors.reshape(-1, vectors.shape[-1])).reshape(vectors.shape)


def _run(upper: keras.Model, features: np.ndarray) -> np.ndarray:
    flat = features.reshape(-1, *features.shape[2:])
    out = [
        ops.convert_to_numpy(upper(flat[i : i + 64].astype(np.float32), training=False))
        for i in range(0, len(flat), 64)
    ]
    none = np.zeros((0, upper.output_shape[-1]), np.float32)
    vectors = np.concatenate([none, *out]).astype(np.float32)
    return vectors.reshape(*features.shape[:2], -1) if len(features) else none[:, None]


class _Watch(keras.callbacks.Callback):
    """After each epoch: keeps all embeddings, and evaluates the faces that are not learned from."""

    def __init__(self, run: Run, features: Features, owners, rows, temperature: float, age):
        super().__init__()
        self._run, self._features = run, features
        self._owners, self._rows, self._temperature = owners, rows, temperature
        self._age = age

    def on_epoch_end(self, epoch, logs=None):
        family = embed(self._run.upper, self._features.family, self._age)
        validation = embed(self._run.upper, self._features.validation, self._age)
        self._run.embeddings.append((family, validation))
        directions, present = _directions(family, self._owners, self._rows)
        held_out = ~self._rows & present[self._owners]
        logits = family[held_out] @ directions.T / self._temperature
        logits = np.where(present, logits, -np.inf)
        top = logits.max(1, keepdims=True)
        logs_sum = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
        loss = logs_sum - logits[np.arange(held_out.sum()), self._owners[held_out]]
        if logs is not None:
            logs["val_loss"] = float(loss.mean()) if held_out.any() else 0.0
            if held_out.any():
                right = logits.argmax(1) == self._owners[held_out]
                logs["val_accuracy"], logs["val_faces"] = float(right.mean()), len(right)


def _directions(embeddings, owners, rows) -> tuple[np.ndarray, np.ndarray]:
    """Mean directions float32 [K, D] of the people in `rows`, and who is there, bool [K]."""
    one_hot = np.eye(int(owners.max()) + 1, dtype=np.float32)[owners] * rows[:, None]
    return _unit(one_hot.T @ embeddings), one_hot.any(0)


def _margin_softmax(margin: float, temperature: float):
    def loss(one_hot, cosines):
        logits = (cosines - margin * one_hot) / temperature
        return -ops.sum(one_hot * ops.log_softmax(logits, axis=-1), axis=-1)

    return loss


def _distillation(weight: float):
    def loss(teacher, embedding):
        given = ops.sum(teacher * teacher, axis=-1)  # 1, or 0 for the family
        return weight * (given - ops.sum(teacher * embedding, axis=-1)) * given

    return loss


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
