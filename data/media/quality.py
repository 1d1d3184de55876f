"""How much a found face is worth: four parts, each 0..1, of which the smallest counts.

    parts = face_quality(boxes, landmarks, scores, min_score, clarity)
    parts.min(axis=1) >= UNCLEAR        # is it worth asking who this is?

The smallest and not the product, because size and clarity say much the same twice, and because
then a limit is a limit for each part, and the smallest part is the reason. The limits and what
they cost were measured: `docs/library.md`.

- Size: the shorter side of the box in the original photo, in parts of `FULL_SIDE`.
- Clarity: how much of the person the aligned chip shows, as the embedder says
  (`model.embedder.quality_output`); of an embedder that says nothing of it the detail in the middle
  of the chip, `sharpness` in parts of `FULL_SHARPNESS`.
- Pose: 1 for a face that looks straight ahead, 1/2 at 45 degrees to the left or right, near 0 in
  full profile; exactly 0 where the landmarks cannot be those of a face.
- Score: 0 where the detector just takes it for a face, 1 where it is as good as certain.
"""

from __future__ import annotations

import numpy as np

PARTS = ("size", "clarity", "pose", "score")

# Pixels; a chip of 128 or 150 pixels shows a face of about this size as it is. A larger one has
# more pixels than the embedder gets to see.
FULL_SIDE = 100.0
FULL_SHARPNESS = 10.0  # the median of the people in 248 natural web photos is above it
# How far the tip of the nose stands out from the plane of eyes and mouth, in eye distances: some
# 30 of 63 mm. Of a head turned by an angle a it lies this * tan(a) off the middle.
NOSE = 0.5

# Of the way from the operating score to 1; no detector is surer of most true faces than that.
FULL_SCORE = 0.75

UNCLEAR = 0.15  # below it nobody is asked who it is: 15 pixels
POOR = 0.2  # below it nobody is learned from it if others are there: 20 pixels


def face_quality(
    boxes: np.ndarray,
    landmarks: np.ndarray,
    scores: np.ndarray | None = None,
    min_score: float = 0.0,
    clarity: np.ndarray | None = None,
) -> np.ndarray:
    """The parts of the quality of faces.

    Args:
        boxes: float32 [N, 4], xyxy pixels of the original photo.
        landmarks: float32 [N, 5, 2], xy pixels.
        scores: float32 [N], of the detector; `None` if they say nothing.
        min_score: The score from which that detector takes something for a face.
        clarity: float32 [N], 0 and more, of which 1 is full; `None` if nobody measured it.

    Returns:
        float32 [N, 4], 0..1, in the order of `PARTS`; what is not known counts as 1.
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    parts = np.ones((len(boxes), len(PARTS)), np.float32)
    parts[:, 0] = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) / FULL_SIDE
    if clarity is not None:
        parts[:, 1] = clarity
    parts[:, 2] = _pose(np.asarray(landmarks, np.float64).reshape(-1, 5, 2))
    if scores is not None:  # detectors differ in what they call .8, but not in what they leave out
        certain = FULL_SCORE * max(1.0 - min_score, 1e-6)
        parts[:, 3] = (np.asarray(scores) - min_score) / certain
    return np.clip(parts, 0.0, 1.0)


def fault(parts: np.ndarray) -> str:
    """What is worst about a face with these parts (float32 [4]), to follow "it is"."""
    worst = PARTS[int(np.argmin(parts))]
    if worst == "score" or (worst == "pose" and parts[2] == 0.0):
        return "hardly a face"
    return {"size": "too small", "clarity": "unclear", "pose": "turned away"}[worst]


def sharpness(chips: np.ndarray) -> np.ndarray:
    """Standard deviation of the Laplacian in the middle of chips.

    The middle, because where a photo ends its black surroundings make a sharp edge.

    Args:
        chips: float32 [N, S, S, 3], 0..255, as the aligner cuts them. (Rounded to whole numbers
            they would seem sharper: that alone gives a deviation of about 1.)

    Returns:
        float32 [N]; a blurred or a tiny face has little.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    chips = np.asarray(chips, np.float32)
    edge = chips.shape[1] // 5
    middle = chips[:, edge : chips.shape[1] - edge, edge : chips.shape[2] - edge]
    grey = middle @ np.float32([0.2989, 0.587, 0.114])
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return (around - 4.0 * grey[:, 1:-1, 1:-1]).std(axis=(1, 2))


def _pose(landmarks: np.ndarray) -> np.ndarray:
    """float64 [N] of landmarks float64 [N, 5, 2]; as one sees it with the eyes levelled."""
    eyes = landmarks[:, :2].mean(axis=1)
    across = landmarks[:, 1] - landmarks[:, 0]
    apart = np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-6)
    right = across / apart[:, None]
    down = np.stack([-right[:, 1], right[:, 0]], axis=1)
    points = (landmarks - eyes[:, None]) / apart[:, None, None]  # in eye distances
    x, y = np.einsum("npc,nc->np", points, right), np.einsum("npc,nc->np", points, down)
    nose_x, nose_y, mouth_x, mouth_y = x[:, 2], y[:, 2], x[:, 3:].mean(1), y[:, 3:].mean(1)
    line = np.maximum(np.hypot(mouth_x, mouth_y), 1e-6)  # from between the eyes to the mouth
    off = np.abs(nose_x * mouth_y - nose_y * mouth_x) / line
    along = (nose_x * mouth_x + nose_y * mouth_y) / line**2
    # The mouth is below the eyes, its corners are not crossed, the nose is between the two.
    possible = (mouth_y > 0) & (x[:, 4] > x[:, 3]) & (along > 0) & (along < 1)
    return np.where(possible, 1.0 - np.degrees(np.arctan(off / NOSE)) / 90.0, 0.0)
