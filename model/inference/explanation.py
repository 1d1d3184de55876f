"""Why a face got its name: the nearest photos, the runner-up, and what of the face carried it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from data.arrays import read_arrays
from data.errors import ModelError
from model.inference.tagger import Tagger
from model.manifest import read_manifest

NEAREST = 5
_PATCHES = 8  # places of the occluding patch along a side of the chip
_COVER = 0.25  # its side, in parts of the chip's


@dataclass(frozen=True)
class Neighbour:
    """A photo that the model learned from: whose, which file, and the cosine with the face."""

    person: str
    file: str
    cosine: float


@dataclass(frozen=True)
class Explanation:
    """Why a face was named, or not.

    Attributes:
        name: The person, or `None` for unknown.
        confidence: As in `data.tags.FaceTag`.
        threshold: Least probability that gives a name.
        candidates: (person, likeness) of the two likest, best first; the likeness is the highest
            cosine with one of the person's photos.
        nearest: The photos that are likest, best first.
        chip: uint8 [S, S, 3], the aligned face.
        importance: float32 [S, S], 0..1: how much the likeness to the first candidate falls when
            that place is covered (Zeiler and Fergus 2014, section 4.2).
    """

    name: str | None
    confidence: float
    threshold: float
    candidates: tuple[tuple[str, float], ...]
    nearest: tuple[Neighbour, ...]
    chip: np.ndarray
    importance: np.ndarray

    @property
    def margin(self) -> float | None:
        """By how much the first candidate is likelier than the second; `None` without one."""
        if len(self.candidates) < 2:
            return None
        return self.candidates[0][1] - self.candidates[1][1]

    def sentence(self) -> str:
        """The explanation in words."""
        if not self.candidates:
            return "unknown: the model has learned nobody"
        first, likeness = self.candidates[0]
        who = f"{self.name} ({self.confidence:.0%})" if self.name else "unknown"
        words = f"{who}: likest is {first} with {likeness:.3f}"
        if self.margin is not None:
            words += f", then {self.candidates[1][0]} with {self.candidates[1][1]:.3f}"
        photos = ", ".join(f"{n.person}/{n.file} ({n.cosine:.3f})" for n in self.nearest)
        return f"{words}; a name is given from {self.threshold:.0%} on; nearest photos: {photos}"

    def picture(self) -> bytes:
        """The chip as JPEG, its important places lit and the others dark."""
        light = (0.25 + 0.75 * self.importance)[..., None]
        stream = io.BytesIO()
        Image.fromarray((self.chip * light).astype(np.uint8)).save(stream, "JPEG", quality=90)
        return stream.getvalue()


class Explainer:
    """Explains what a model folder says of photos.

    Raises:
        ModelError: If there is no model in the folder, or one without what an explanation needs.
    """

    def __init__(self, folder: str | os.PathLike):
        folder = Path(folder)
        manifest = read_manifest(folder)
        try:
            self._threshold = float(manifest["thresholds"]["name_probability"])
            self._exemplars = read_arrays(folder / "assets" / "exemplars.npz")["embeddings"]
            self._files = [(x["person"], x["file"]) for x in manifest["exemplars"]]
        except (OSError, LookupError, ValueError, TypeError) as error:
            raise ModelError(
                "this model was written by a version that could not explain itself",
                file=folder,
                remedy="Train it again",
            ) from error
        self._tagger = Tagger.load(folder)

    def explain(self, photo: str | os.PathLike | bytes | np.ndarray) -> list[Explanation]:
        """Explains every face of a photo, in the order in which `tag` gives them.

        Args:
            photo: A path, the bytes of a file, or an upright RGB image uint8 [H, W, 3].
        """
        found = self._tagger.find(photo)
        return [
            self._explain(face.name, face.confidence, face.embedding, chip)
            for face, chip in zip(self._tagger.named(found), found.chips, strict=True)
        ]

    def _explain(self, name: str | None, confidence: float, vector, chip) -> Explanation:
        cosines = self._exemplars @ vector
        order = np.argsort(-cosines, kind="stable")
        nearest = tuple(
            Neighbour(*self._files[i], round(float(cosines[i]), 4)) for i in order[:NEAREST]
        )
        best: dict[str, float] = {}
        for i in order:
            best.setdefault(self._files[i][0], float(cosines[i]))
        importance = np.zeros(chip.shape[:2], np.float32)
        if len(order):
            person = name or next(iter(best))
            rows = [i for i, (owner, _) in enumerate(self._files) if owner == person]
            importance = self._importance(chip, self._exemplars[rows])
        return Explanation(
            name,
            confidence,
            self._threshold,
            tuple(list(best.items())[:2]),
            nearest,
            chip.clip(0, 255).round().astype(np.uint8),
            importance,
        )

    def _importance(self, chip: np.ndarray, exemplars: np.ndarray) -> np.ndarray:
        size = len(chip)
        side = round(size * _COVER)
        places = np.linspace(0, size - side, _PATCHES).round().astype(int)
        covered = np.repeat(chip[None], 1 + _PATCHES**2, axis=0)
        spots = [(y, x) for y in places for x in places]
        for i, (y, x) in enumerate(spots, start=1):
            covered[i, y : y + side, x : x + side] = chip.mean((0, 1))
        vectors = self._tagger.functions["embed_chips"](chips=tf.constant(covered))["embeddings"]
        likeness = (vectors.numpy() @ exemplars.T).max(1)
        total, count = np.zeros((size, size)), np.zeros((size, size))
        for (y, x), fall in zip(spots, likeness[0] - likeness[1:], strict=True):
            total[y : y + side, x : x + side] += max(float(fall), 0.0)
            count[y : y + side, x : x + side] += 1
        mean = total / np.maximum(count, 1)
        return (mean / max(mean.max(), 1e-9)).astype(np.float32)
