"""The main job on real photos: slow, and skipped where the photos are not at hand."""

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import kindred
from data.photos import find_photos, read_photo

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SHARED / "photos").is_dir(), reason="needs ../shared/photos"),
]


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """Two thirds of each athlete's photos to learn from, the rest held out; and the model."""
    folder = tmp_path_factory.mktemp("athletes")
    held_out = {}
    rng = np.random.default_rng(0)
    for person in sorted((SHARED / "photos" / "athletes").iterdir()):
        photos = [Path(p) for p in find_photos([person])]
        rng.shuffle(photos)
        (folder / person.name).mkdir()
        for i, photo in enumerate(photos):
            if i % 3:
                (folder / person.name / photo.name).symlink_to(photo)
            else:
                held_out[str(photo)] = person.name
    model = folder.parent / "model"
    assert kindred.main(["train", str(folder), "--model", str(model)]) == 0
    return model, held_out


def tag(model, *paths):
    """Records of `kindred.py tag` by photo."""
    out = Path(model).parent / "tags.jsonl"
    arguments = ["tag", *map(str, paths), "--model", str(model), "--json", str(out)]
    assert kindred.main(arguments) == 0
    return {r["photo"]: r for r in map(json.loads, out.read_text("utf-8").splitlines())}


def test_held_out_photos_get_the_right_name(family):
    model, held_out = family
    tags = tag(model, *held_out)
    assert len(tags) == len(held_out)
    one = {p: r["faces"][0] for p, r in tags.items() if len(r["faces"]) == 1}
    right = sum(face["name"] == held_out[photo] for photo, face in one.items())
    wrong = sum(face["name"] not in (None, held_out[photo]) for photo, face in one.items())
    print(f"\nheld out, one face: {right} of {len(one)} right, {wrong} wrong")
    # Of the athletes' photos one in a hundred shows somebody else than its folder says.
    assert right / len(one) >= 0.95


def test_strangers_stay_unknown(family):
    model, _ = family
    faces = [
        face for r in tag(model, SHARED / "photos" / "ageing").values() for face in r["faces"]
    ]
    named = sum(face["name"] is not None for face in faces)
    print(f"\nstrangers: {named} of {len(faces)} named")
    assert named / len(faces) <= 0.02


def test_an_empty_script_gives_the_same_tags(family, tmp_path):
    model, held_out = family
    photos = list(held_out)[:5]
    script = """
import sys, json, numpy as np, tensorflow as tf
from PIL import Image, ImageOps
tag = tf.saved_model.load(sys.argv[1]).signatures["tag"]
for path in sys.argv[2:]:
    image = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    found = {k: v.numpy() for k, v in tag(image=tf.constant(image)).items()}
    print(json.dumps([[n.decode() for n in found["names"]],
                      np.round(found["boxes"].astype("f8"), 2).tolist()]))
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(model), *photos],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    ours = tag(model, *photos)
    for photo, line in zip(photos, run.stdout.splitlines(), strict=True):
        names, boxes = json.loads(line)
        assert names == [face["name"] or "" for face in ours[photo]["faces"]]
        assert boxes == [face["box"] for face in ours[photo]["faces"]]


def test_faces_in_the_wild(family, tmp_path):
    """LFW's ten-fold protocol through detector, aligner and embedder of the SavedModel."""
    import tensorflow as tf

    folder = SHARED / "photos" / "lfw"
    run = tf.saved_model.load(str(family[0])).signatures["tag"]
    rows = list(csv.DictReader((folder / "pairs.csv").open()))
    files = sorted({row[side] for row in rows for side in "ab"})
    found, embeddings = [], []
    for file in files:
        image = read_photo(folder / file)
        faces = run(image=tf.constant(image))
        boxes = faces["boxes"].numpy()
        if len(boxes):
            middle = np.array(image.shape[1::-1]) / 2
            distance = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - middle, axis=1)
            found.append(file)
            embeddings.append(faces["embeddings"].numpy()[distance.argmin()])
    np.savez(tmp_path / "faces.npz", embeddings=np.stack(embeddings), files=np.array(found))
    assert zipfile.is_zipfile(tmp_path / "faces.npz")
    measured = subprocess.run(
        [
            sys.executable,
            str(SHARED / "bench" / "pairs.py"),
            str(folder / "pairs.csv"),
            str(tmp_path / "faces.npz"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    print("\nLFW:", measured.stdout, "faces not found:", len(files) - len(found))
    assert json.loads(measured.stdout)["accuracy"] >= 0.990
    assert len(files) - len(found) <= 3
