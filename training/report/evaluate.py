"""Measures Kindred on data sets and on a family folder: `python kindred.py evaluate ...`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data.errors import FamilyError
from data.family import read_family
from data.progress import Progress, silent
from model.classifier.head import Head
from model.device import prepare_devices
from model.inference.tagger import Tagger
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.classifier.fit import learn_head
from training.dataset.face_cache import FaceCache
from training.dataset.face_finder import FaceFinder
from training.dataset.training_set import learn, prepare
from training.report.ages import (
    AGES,
    GAPS,
    accepted_by_age,
    ages_in_names,
    gaps_to_learned,
    shares_by,
)
from training.report.card import card
from training.report.protocols import (
    Draw,
    Rule,
    draw_families,
    measure_families,
    read_pairs,
    verify,
)
from training.report.training_report import report_of


def evaluate_pairs(
    pairs: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    model: str | os.PathLike | None = None,
    detector: str | None = None,
    embedder: str | None = None,
    progress: Progress = silent,
) -> dict:
    """Verification of a list of pairs, as in LFW and CACD-VS; see
    `training.report.protocols.verify`.

    Args:
        pairs: CSV file with the columns fold, a, b, same; a and b are paths below `folder`.
        model: A model folder whose networks to use; by default the best ones that are installed, or
            those that are named.
    """
    listed = read_pairs(pairs)
    files = sorted({file for pair in listed for file in (pair.a, pair.b)})
    paths = [os.path.join(folder, file) for file in files]
    look, names, _ = _eyes(model, detector, embedder)
    embeddings = {}
    for done, (file, faces) in enumerate(zip(files, look(paths), strict=True), start=1):
        if faces is not None:
            embeddings[file] = faces
        progress("finding faces", done, len(files))
    return {"protocol": "pairs", "networks": names, **verify(listed, embeddings)}


def evaluate_family(
    folder: str | os.PathLike,
    *,
    model: str | os.PathLike | None = None,
    detector: str | None = None,
    embedder: str | None = None,
    false_names: float = 0.01,
    progress: Progress = silent,
) -> dict:
    """Open-set naming in 40 families of eight drawn from FOLDER/<person>/.

    Returns:
        `nearest_mean` and `kindred`, both as `training.report.protocols.measure_families` has them,
        and `own_threshold`: what happens at the thresholds that Kindred sets by itself. Where
        the files' names say how old people are (`training.report.ages`), also the right names at
        those thresholds `by_age` and `by_age_gap`, and pairs `accepted_by_age`.
    """
    photos = read_family(folder).photos
    todo = [(person, path) for person, paths in photos.items() for path in paths]
    look, names, network = _eyes(model, detector, embedder)
    found = []
    for done, faces in enumerate(look([path for _, path in todo]), start=1):
        found.append(faces)
        progress("finding faces", done, len(todo))
    there = [i for i, face in enumerate(found) if face is not None]
    if not there:
        raise FamilyError("there is no face in this folder", file=folder, remedy="Name another one")
    embeddings = np.stack([found[i] for i in there])
    people = np.array([todo[i][0] for i in there])
    ages = ages_in_names([todo[i][1] for i in there])
    own, tested = _at_own_thresholds(embeddings, people, network, false_names)
    by_age = {} if ages is None else _by_age(embeddings, people, ages, tested)
    return {
        "protocol": "family",
        "networks": names,
        "photos": len(todo),
        "photos_without_a_face": len(todo) - len(there),
        "nearest_mean": measure_families(embeddings, people),
        "kindred": measure_families(embeddings, people, kindred_rule(network)),
        "own_threshold": own,
        **by_age,
    }


def kindred_rule(network: EmbedderSpec) -> Rule:
    """Kindred's own classifier as a rule of the family protocol."""

    def rule(embeddings: np.ndarray, owners: np.ndarray):
        people = tuple(str(k) for k in range(int(owners.max()) + 1))
        head = Head(learn_head(embeddings, owners, people, network.head).state)

        def predict(faces: np.ndarray):
            scores = head.scores(faces).numpy()
            return scores.argmax(1), scores.max(1)

        return predict

    return rule


def evaluate_folder(
    folder: str | os.PathLike,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    false_names: float = 0.01,
    strangers: str | os.PathLike | None = None,
    progress: Progress = silent,
) -> tuple[dict, str]:
    """Leaves photos, and people, of a family folder out of learning and evaluates on them.

    Returns:
        The figures, and the page with pictures that a model has as its card.
    """
    networks = choose("detector", detector), choose("embedder", embedder)
    finder = finder_of(*networks)
    family = read_family(folder)
    training_set = prepare(finder, family, networks[1], strangers, progress)
    fitted = learn(training_set, networks[1].head, false_names)
    predictions, people = fitted.predictions, []
    for k, name in enumerate(training_set.people):
        mine = predictions.faces.known & (predictions.faces.owners == k)
        right = float((predictions.named & predictions.right)[mine].mean()) if mine.any() else None
        photos = int((training_set.owners == k).sum())
        people.append({"name": name, "photos": photos, "right": right and round(right, 4)})
    result = {
        "protocol": "folder",
        "networks": [network.name for network in networks],
        "people": people,
        "measured": fitted.metrics.to_json(),
    }
    report = report_of(Path(folder), family, networks, training_set, fitted)
    return result, card(report, training_set, fitted)


def evaluate_model(
    folder: str | os.PathLike,
    model: str | os.PathLike,
    *,
    progress: Progress = silent,
) -> dict:
    """Evaluates a trained model on FOLDER/<name>/: the folder's name should be among the names.

    Photos that the model learned from, by their file names, are counted apart.
    """
    tagger = Tagger.load(model)
    learned = {(x["person"], x["file"]) for x in tagger.manifest.get("exemplars", [])}
    todo = [(name, path) for name, paths in read_family(folder).photos.items() for path in paths]
    counts = dict.fromkeys(("right", "unknown", "wrong", "no_face", "unreadable", "learned"), 0)
    strangers = named = 0
    tags = tagger.tag_all(path for _, path in todo)
    for done, ((person, path), photo) in enumerate(zip(todo, tags, strict=True), start=1):
        progress("tagging", done, len(todo))
        names = {face.name for face in photo.faces}
        if (person, os.path.basename(path)) in learned:
            counts["learned"] += 1
        elif photo.error:
            counts["unreadable"] += 1
        elif not photo.faces:
            counts["no_face"] += 1
        elif person not in tagger.people:
            strangers += len(photo.faces)
            named += sum(face.name is not None for face in photo.faces)
        elif person in names:
            counts["right"] += 1
        else:
            counts["unknown" if names == {None} else "wrong"] += 1
    return {
        "protocol": "folder",
        "model": os.fspath(model),
        "photos": counts,
        "strangers": {"faces": strangers, "named": named},
    }


def _at_own_thresholds(embeddings, people, network: EmbedderSpec, false_names: float):
    """The figures, and of each drawn family the faces that got their name, bool."""
    rows, tested = [], []
    for draw in draw_families(people):
        names = tuple(str(k) for k in range(int(draw.train_owners.max()) + 1))
        fitted = learn_head(
            embeddings[draw.train], draw.train_owners, names, network.head, false_names=false_names
        )
        head = Head(fitted.state)
        given, _ = head.classify(embeddings[draw.test])
        others, _ = head.classify(embeddings[draw.strangers])
        right = given.numpy() == np.array([names[k].encode() for k in draw.test_owners], object)
        named = given.numpy() != b""
        rows.append((right.mean(), (named & ~right).mean(), (others.numpy() != b"").mean()))
        tested.append((draw, right))
    right, wrong, strangers = (round(float(x), 4) for x in np.mean(rows, axis=0))
    figures = {"right": right, "wrong": wrong, "strangers_named": strangers, "asked": false_names}
    return figures, tested


def _by_age(embeddings, people, ages: np.ndarray, tested: list[tuple[Draw, np.ndarray]]) -> dict:
    old = np.concatenate([ages[draw.test] for draw, _ in tested])
    right = np.concatenate([flags for _, flags in tested])
    gaps = [
        gaps_to_learned(ages[draw.test], draw.test_owners, ages[draw.train], draw.train_owners)
        for draw, _ in tested
    ]
    return {
        "by_age": shares_by(old, right, AGES),
        "by_age_gap": shares_by(np.concatenate(gaps), right, GAPS),
        "accepted_by_age": accepted_by_age(embeddings, people, ages),
    }


def _eyes(model, detector: str | None, embedder: str | None):
    """What finds the one face that a photo is about; network names; the embedder."""
    if model is not None:
        tagger = Tagger.load(model)
        names = [tagger.manifest["networks"][task]["name"] for task in ("detector", "embedder")]

        def tagged(paths: list[str]) -> Iterator[np.ndarray | None]:
            for photo in tagger.tag_all(paths):
                size = photo.height or 0, photo.width or 0
                yield middle_face([(face.box, face.embedding) for face in photo.faces], size)

        return tagged, names, choose("embedder", names[1])
    networks = choose("detector", detector), choose("embedder", embedder)
    finder = finder_of(*networks)

    def found(paths: list[str]) -> Iterator[np.ndarray | None]:
        for sighting in finder.look_at([("", path) for path in paths]):
            faces = [(face.box, face.embedding) for face in sighting.faces]
            yield middle_face(faces, sighting.size)

    return found, [network.name for network in networks], networks[1]


def middle_face(
    faces: list[tuple[np.ndarray, np.ndarray]], size: tuple[int, int]
) -> np.ndarray | None:
    """The embedding of the face that a portrait is about: near the middle, and large.

    Args:
        faces: (box, embedding) of each.
        size: Height and width of the photo.
    """
    middle = np.array([size[1], size[0]]) / 2

    def off(face) -> float:
        box = face[0]
        return float(np.linalg.norm((box[:2] + box[2:]) / 2 - middle) - (box[2] - box[0]))

    return min(faces, key=off)[1] if faces else None


def finder_of(detector: DetectorSpec, embedder: EmbedderSpec) -> FaceFinder:
    """Finds faces with these networks, and remembers what it has seen before."""
    prepare_devices()
    cache = FaceCache(detector.key, embedder.key)
    return FaceFinder(load_detector(detector), load_embedder(embedder), detector.min_score, cache)
