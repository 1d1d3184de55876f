"""Names in metadata and in the library as labels for training: they say which face is whose."""

from __future__ import annotations

import os

import numpy as np
import pytest

import training.train
from data.errors import FamilyError
from data.family import library_family, read_family
from data.library import Library
from data.library.intake.named_faces import find_places
from data.regions import Region, write_regions
from model.zoo.catalogue import MTCNN, RESNET29
from tests.colours import make_foreign, tag
from tests.data.regions.test_reading import BOX, STYLES, photo_in
from tests.pictures import encoded
from tests.stubs import ColourEmbedder, HalvesDetector, NoseAligner, couple_graph
from training.dataset.face_finder import FaceFinder
from training.dataset.training_set import prepare
from training.export import export
from training.train import train

RED, GREEN, BLUE, GREY = (250, 0, 0), (0, 250, 0), (0, 0, 250), (120, 120, 120)
LEFT, RIGHT = (0.05, 0.1, 0.45, 0.9), (0.55, 0.1, 0.95, 0.9)  # where somebody drew the faces
MIDDLE = (0.4, 0.4, 0.6, 0.6)


def couple(path, left, right, *named: tuple[str, tuple]) -> None:
    """A photo of two faces, and the names that another program wrote beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The number of pixels tells copies apart: the same picture is learned from once.
    pixels = 30 + 2 * sum(os.fsencode(path)) % 50
    path.write_bytes(encoded(np.repeat(np.uint8([[left, right]]), pixels, 1).repeat(40, 0)))
    if named:
        write_regions(path, [Region(name, box) for name, box in named])
        make_foreign(path.with_name(path.name + ".xmp"))


def training_set_of(family):
    finder = FaceFinder(HalvesDetector(), ColourEmbedder(NoseAligner()), 0.8)
    return prepare(finder, family, RESNET29)


def learned(training_set) -> dict[tuple[str, str], tuple]:
    """The colour of the face that each person is learned from, by photo."""
    return {
        (e.person, os.path.basename(e.path)): tuple(np.round(e.face.embedding * 250).astype(int))
        for e in training_set.examples
    }


@pytest.mark.parametrize("style", STYLES)
def test_every_vocabulary_says_where_a_person_is(tmp_path, style):
    photo = str(photo_in(tmp_path, STYLES[style][0]))
    places = find_places({"Anne": [photo], "Bob": [photo]})
    assert list(places) == [("Anne", photo)]
    assert places["Anne", photo].box == pytest.approx(BOX, abs=1e-6)


def test_picasa_and_accents(tmp_path):
    photo = str(photo_in(tmp_path))
    (tmp_path / ".picasa.ini").write_text(
        "[Contacts2]\nabc=Zoe\u0308;;\n[photo.jpg]\nfaces=rect64(199919994ccc7fff),abc\n", "utf-8"
    )
    (place,) = find_places({"Zo\u00eb": [photo]}).values()
    assert place.box == pytest.approx(BOX, abs=1e-3)
    assert list(read_family(tmp_path).photos) == ["Zo\u00eb"]


def test_in_a_persons_folder_the_named_face_is_learned(tmp_path):
    """Red is the surest face everywhere; only the names say that Greta is the other one."""
    for i in range(2):
        couple(tmp_path / "Greta" / f"{i}.png", RED, GREEN, ("Greta", RIGHT), ("Rosa", LEFT))
        couple(tmp_path / "Rosa" / f"1{i}.png", RED, BLUE)
    couple(tmp_path / "Greta" / "nowhere.png", RED, GREY, ("Greta", MIDDLE))
    couple(tmp_path / "Greta" / "bad notes.png", BLUE, GREEN)
    (tmp_path / "Greta" / "bad notes.png.xmp").write_text("<bad")
    training_set = training_set_of(read_family(tmp_path))
    assert learned(training_set) == {
        ("Greta", "0.png"): GREEN,
        ("Greta", "1.png"): GREEN,
        ("Greta", "bad notes.png"): GREEN,  # it agrees with the named ones
        ("Rosa", "10.png"): RED,
        ("Rosa", "11.png"): RED,
    }
    (left_out,) = training_set.left_out
    assert os.path.basename(left_out.path) == "nowhere.png"
    assert left_out.reason.startswith("no face was found where")


def test_a_named_face_is_kept_however_unlike_the_others_it_is(tmp_path):
    for i in range(3):
        couple(tmp_path / "Greta" / f"{i}.png", GREEN, GREEN)
    couple(tmp_path / "Greta" / "as a child.png", BLUE, RED, ("Greta", LEFT))
    couple(tmp_path / "Greta" / "not she.png", BLUE, BLUE)
    training_set = training_set_of(read_family(tmp_path))
    assert learned(training_set)["Greta", "as a child.png"] == BLUE
    assert [os.path.basename(x.path) for x in training_set.left_out] == ["not she.png"]


def test_photos_with_names_need_no_folders(tmp_path):
    couple(tmp_path / "a.png", RED, GREEN, ("Rosa", LEFT), ("Greta", RIGHT))
    couple(tmp_path / "b.png", GREEN, RED, ("Greta", LEFT), ("Rosa", RIGHT))
    couple(tmp_path / "nobody.png", GREY, BLUE)
    couple(tmp_path / "bad notes.png", GREY, BLUE)
    (tmp_path / "bad notes.png.xmp").write_text("<bad")
    family = read_family(tmp_path)
    training_set = training_set_of(family)
    assert training_set.people == ("Greta", "Rosa") and training_set.left_out == []
    assert learned(training_set) == {
        ("Greta", "a.png"): GREEN, ("Greta", "b.png"): GREEN,
        ("Rosa", "a.png"): RED, ("Rosa", "b.png"): RED,
    }  # fmt: skip
    ((path, reason),) = family.left_out
    assert path.endswith("bad notes.png") and "not readable XML" in reason


def test_what_kindred_itself_wrote_is_no_label(tmp_path):
    couple(tmp_path / "a.png", RED, GREEN)
    write_regions(tmp_path / "a.png", [Region("Rosa", LEFT)])
    with pytest.raises(FamilyError, match="there is nobody in this folder"):
        read_family(tmp_path)


def test_the_names_confirmed_in_the_library_are_learned(tmp_path, fresh_home, monkeypatch):
    """By a person in Kindred, and by other programs; suggestions and ignored people are not."""
    with pytest.raises(FamilyError, match="no name is confirmed"):
        library_family(fresh_home)
    folder, out = tmp_path / "2019" / "summer", tmp_path / "out.jsonl"
    for i in range(2):
        couple(folder / f"{i}.png", RED, GREEN, ("Rosa", LEFT))
        couple(folder / f"1{i}.png", BLUE, GREY)
    figures = {"training": {"photos": {}}, "measured": {}}
    graph = couple_graph(("Suggested", "Too"))
    export(graph, tmp_path / "model", networks=(MTCNN, RESNET29), training=figures)
    tag(tmp_path / "2019", "--model", tmp_path / "model", out=out)
    with Library(fresh_home) as library:
        for name, path, at in (("Béa", "10.png", 0), ("Béa", "11.png", 0), ("Dog", "10.png", 1)):
            faces = library.faces.of(library.photos.photo_of(folder / path))
            library.decisions.confirm(faces[at].id, name)
        library.decisions.ignore_person("Dog")
    family = library_family(fresh_home)
    assert {name: len(paths) for name, paths in family.photos.items()} == {"Béa": 2, "Rosa": 2}
    monkeypatch.setattr(training.train, "load_detector", lambda _: HalvesDetector())
    monkeypatch.setattr(training.train, "load_embedder", lambda _: ColourEmbedder(NoseAligner()))
    report = train(model=tmp_path / "learned", quick=True)
    assert report.photos == {"Béa": 2, "Rosa": 2}
    again = tag(tmp_path / "2019", "--model", report.model, out=out)
    names = {os.path.basename(p): [f["name"] for f in r["faces"]] for p, r in again.items()}
    assert names["0.png"] == ["Rosa", None] and names["10.png"][0] == "Béa"
