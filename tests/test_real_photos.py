"""The main job on real photos: slow, and skipped where the photos are not at hand."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kindred
from data.media.folders import find_photos
from data.media.photos import read_photo

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SHARED / "photos").is_dir(), reason="needs ../shared/photos"),
]


NETWORKS = {
    "default": ("kindred", "likeness"),
    "cascade": ("mtcnn", "resnet29"),
    "fetched": ("yunet", "0095"),
}


@pytest.fixture(scope="module", params=NETWORKS)
def family(request, tmp_path_factory):
    """Two thirds of each athlete's photos to learn from, the rest held out; and the model."""
    if request.param == "fetched":
        if not (SHARED / "weights").is_dir():
            pytest.skip("needs ../shared/weights")
        fetched = ["networks", "get", *NETWORKS["fetched"], "--from", str(SHARED / "weights")]
        assert kindred.main(fetched) == 0
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
    detector, embedder = NETWORKS[request.param]
    train = ["train", str(folder), "--model", str(model)]
    assert kindred.main([*train, "--detector", detector, "--embedder", embedder]) == 0
    return model, held_out


def tag(model, *paths):
    """Records of `kindred.py tag` by photo."""
    out = Path(model).parent / "tags.jsonl"
    arguments = ["tag", *map(str, paths), "--model", str(model), "--json", str(out)]
    assert kindred.main(arguments) == 0
    return {r["photo"]: r for r in map(json.loads, out.read_text("utf-8").splitlines())}


def bench(script, *arguments) -> dict:
    """What a measuring stick prints."""
    command = [sys.executable, str(SHARED / "bench" / script), *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


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
    faces = [face for r in tag(model, SHARED / "photos" / "ageing").values() for face in r["faces"]]
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
    measured = bench("pairs.py", folder / "pairs.csv", tmp_path / "faces.npz")
    print("\nLFW:", measured, "faces not found:", len(files) - len(found))
    assert measured["accuracy"] >= 0.990
    assert len(files) - len(found) <= 3


def test_wider_faces(family, tmp_path):
    """Average precision on the WIDER FACE sample, which nothing was trained or tuned on."""
    import tensorflow as tf

    folder = SHARED / "photos" / "wider_val"
    model = tf.saved_model.load(str(family[0]))
    found = {}
    for file in json.loads((folder / "boxes.json").read_text()):
        image = tf.constant(read_photo(folder / "images" / file))
        faces = model.signatures["detect"](image=image, min_score=tf.constant(0.02))
        scored = np.concatenate([faces["boxes"], faces["scores"].numpy()[:, None]], axis=1)
        found[file] = scored.tolist()
    (tmp_path / "found.json").write_text(json.dumps(found))
    measured = bench("wider_ap.py", folder / "boxes.json", tmp_path / "found.json")
    print("\nWIDER:", measured)
    detector = json.loads((family[0] / "manifest.json").read_text("utf-8"))["networks"]["detector"]
    assert measured["medium"] >= {"kindred": 0.82, "mtcnn": 0.745, "yunet": 0.82}[detector["name"]]
