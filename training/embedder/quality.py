"""Trains the second output of an embedder: how much an embedding is worth.

    python -m training.embedder quality FOLDER... --out DIR

The faces are those that `python -m training.embedder` learns from, kept in DIR/faces as there. A
small network on the embedder's own features learns the cosine between the embedding of a bad view
(`training.embedder.student_views`) and that of the face as it is. A line makes a part of a face's
quality of it, which means the same as the part of its size: at `UNCLEAR` so much is seen as of a
clear face of so many pixels. Pure Keras: runs on every Keras backend.

Time and metric: `model/zoo/weights/embedder.md`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops
from PIL import Image

from data.media.quality import UNCLEAR
from model.device import prepare_devices
from model.embedder.quality_output import FEATURES, build_quality_output
from model.zoo.catalogue import LIKENESS
from model.zoo.networks import load_trainable
from model.zoo.weight_file import save_weights
from training.embedder.student import HELD_OUT, ask_for_faces, gathered, margin_of_chips
from training.embedder.student_views import inner, student_views

VIEWS = 3  # bad views of each face; the face as it is comes besides
BATCH = 64


@dataclass(frozen=True)
class Seen:
    """What an embedder makes of N faces, each as it is and in V - 1 bad views.

    Attributes:
        features: float16 [N, V, F], what the quality is told from.
        cosines: float32 [N, V], to the embedding of the face as it is, which comes first.
    """

    features: np.ndarray
    cosines: np.ndarray

    def chosen(self, which: np.ndarray) -> Seen:
        """Some faces, by a mask."""
        return Seen(self.features[which], self.cosines[which])


class Looker:
    """Features and embeddings of chips uint8 [N, S, S, 3], as an embedder has them.

    Args:
        network: With the layer `FEATURES`.
    """

    def __init__(self, network: keras.Model):
        features = layers.Flatten()(network.get_layer(FEATURES).output)
        vectors = layers.UnitNormalization()(network.output)
        self._both = keras.Model(network.input, [features, vectors])
        self._both.compile(jit_compile=False)

    def __call__(self, chips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float16 [N, F] and float32 [N, D], unit length."""
        some = (chips[first : first + BATCH] for first in range(0, len(chips), BATCH))
        said = [self._both.predict_on_batch(x.astype(np.float32)) for x in some]
        features, vectors = (
            np.concatenate([ops.convert_to_numpy(one) for one in ones])
            for ones in zip(*said, strict=True)
        )
        return features.astype(np.float16), vectors


def see(look: Looker, chips: np.ndarray, template: np.ndarray, margin: int) -> Seen:
    """Shows faces to an embedder.

    Args:
        chips: uint8 [N, W, W, 3], with `margin` pixels round each.
        template: float [5, 2] xy, the places of the landmarks in a chip.
    """
    rng = np.random.default_rng(0)
    said = [look(inner(chips, margin))]
    said += [look(student_views(chips, margin, template, rng)) for _ in range(VIEWS)]
    features, vectors = (np.stack(ones, axis=1) for ones in zip(*said, strict=True))
    return Seen(features, (vectors * vectors[:, :1]).sum(-1))


def shrunk(chips: np.ndarray, part: float) -> np.ndarray:
    """Chips as they are cut where a face's part of the quality by its size is that."""
    size = chips.shape[1]
    side = round(part * size)
    return np.stack([
        np.asarray(
            Image.fromarray(chip)
            .resize((side, side), Image.Resampling.BOX)
            .resize((size, size), Image.Resampling.BILINEAR)
        )
        for chip in chips
    ])  # fmt: skip


def fit_quality(seen: Seen, epochs: int = 12) -> keras.Model:
    """The small network, before its clip the cosine that it expects; in float32.

    AdamW .001 with a decay of .01 on the mean squared error, dropout of a fifth.
    """
    keras.utils.set_random_seed(0)
    features = seen.features.reshape(-1, seen.features.shape[-1]).astype(np.float32)
    middle, spread = features.mean(0), features.std(0) + 1e-6
    quality = build_quality_output(features.shape[1])
    hidden, linear = quality.get_layer("quality_hidden"), quality.get_layer("quality_linear")
    x = layers.Dropout(0.2)(hidden(quality.input))
    trainer = keras.Model(quality.input, linear(x))
    trainer.compile(keras.optimizers.AdamW(1e-3, weight_decay=1e-2), "mse", jit_compile=False)
    trainer.fit(
        (features - middle) / spread, seen.cosines.ravel(), batch_size=128, epochs=epochs, verbose=0
    )
    kernel, bias = hidden.get_weights()
    kernel /= spread[:, None]
    hidden.set_weights([kernel, bias - middle @ kernel])
    return quality


def as_part(quality: keras.Model, clear: np.ndarray, unclear: np.ndarray) -> tuple[float, float]:
    """Changes the network's last layer so that it says a part of a face's quality.

    Args:
        clear, unclear: float32 [N], the cosines that it expects of faces as they are, of which half
            are to have 1, and of the same `shrunk`, of which half are to have `UNCLEAR`.

    Returns:
        The cosines that became 0 and 1.
    """
    low = np.median(unclear)
    slope = (1.0 - UNCLEAR) / (np.median(clear) - low)
    zero = float(low - UNCLEAR / slope)
    linear = quality.get_layer("quality_linear")
    kernel, bias = linear.get_weights()
    linear.set_weights([kernel * slope, (bias - zero) * slope])
    return zero, float(zero + 1.0 / slope)


def expect(quality: keras.Model, features: np.ndarray) -> np.ndarray:
    """What the last layer says before it is clipped, float32 [N], of features [N, F]."""
    linear = keras.Model(quality.input, quality.get_layer("quality_linear").output)
    return linear.predict(features.astype(np.float32), batch_size=1024, verbose=0)[:, 0]


def main(arguments: list[str]) -> None:
    """Trains, says how good it became on faces kept aside, and writes DIR/quality_likeness.npz."""
    parser = argparse.ArgumentParser(
        prog="python -m training.embedder quality", description=__doc__
    )
    ask_for_faces(parser)
    options = parser.parse_args(arguments)
    prepare_devices()
    faces = gathered(options)
    aside = faces.photos % HELD_OUT == 0
    margin = margin_of_chips()
    network = LIKENESS.for_inference(load_trainable(LIKENESS))
    look = Looker(network)
    seen = see(look, faces.chips, np.asarray(LIKENESS.template), margin)
    quality = fit_quality(seen.chosen(~aside))
    tested = seen.chosen(aside)
    expected = expect(quality, tested.features.reshape(-1, tested.features.shape[-1]))
    agreement = np.corrcoef(expected, tested.cosines.ravel())[0, 1]
    print(f"correlation on {aside.sum()} faces kept aside: {agreement:.3f}", flush=True)
    unclear, _ = look(shrunk(inner(faces.chips, margin), UNCLEAR))
    zero, one = as_part(quality, expect(quality, seen.features[:, 0]), expect(quality, unclear))
    path = options.out / f"quality_{LIKENESS.name}.npz"
    save_weights(quality, path)
    print(f"cosines of {zero:.3f} and {one:.3f} are 0 and 1; written: {path}", flush=True)
