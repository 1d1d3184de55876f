"""People of a trained folder and people named in the library are one set, at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.arrays import write_arrays
from data.library import Library
from data.recognition.identity import network_of
from tests.data.library.recognition.test_recognition import DECISIONS
from tests.made_faces import add, look, named

ABOUT = {
    "networks": {"detector": {"name": "kindred"}, "embedder": {"name": "0095"}},
    "thresholds": {"detection_score": 0.5},
}
NETWORK = network_of(ABOUT)


def teach(home: Path, people: dict[str, list[np.ndarray]], *, name="model", library=()) -> Path:
    """A model folder as training writes it, in use: people and their faces.

    Args:
        library: Whom it knows from the library.
    """
    faces = [(who, vector) for who, vectors in people.items() for vector in vectors]
    folder = home / "models" / name
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "assets" / "people.txt").write_text("".join(f"{who}\n" for who in people), "utf-8")
    write_arrays(
        folder / "assets" / "exemplars.npz", {"embeddings": np.stack([face for _, face in faces])}
    )
    rows = [{"person": who, "file": f"{number}.jpg"} for number, (who, _) in enumerate(faces)]
    for row in rows:
        row |= {"library": True} if row["person"] in library else {}
    manifest = ABOUT | {"people": list(people), "exemplars": rows, "created": name}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (home / "models" / "current").write_text(f"{name}\n")
    return folder


def looks(person: int, *seeds: int) -> list[np.ndarray]:
    return [look(person, seed) for seed in seeds]


def asked(library) -> dict[int, str]:
    return {face: name.name for face, name in library.suggestions.to_review()}


@pytest.fixture
def home(tmp_path):
    """Carl (5) and Dora (6) were learned from a folder."""
    teach(tmp_path / "home", {"Carl": looks(5, 1, 2, 3), "Dora": looks(6, 1, 2, 3)})
    return tmp_path / "home"


@pytest.fixture
def library(home):
    with Library(home) as opened:
        yield opened


def photo(library, *people, **options) -> list[int]:
    return add(library, people, network=NETWORK, **options)


def test_whom_a_folder_taught_is_asked_about_and_named_by_the_model(library):
    (carl,), (stranger,) = photo(library, 5), photo(library, 9)
    assert asked(library) == {carl: "Carl"} and named(library) == {}
    assert library.recognition.known() == [], "nobody is confirmed"
    answers = library.recognition.suggest(NETWORK, np.stack([look(6, 50), look(8, 50)]))
    assert answers[0][0] == library.people.find("Dora") and not answers[0][2]
    assert answers[1] == (None, 0.0, False)
    assert stranger not in asked(library)


def test_a_few_confirmed_faces_and_the_folders_are_one_person(library):
    first, second = photo(library, 5)[0], photo(library, 5)[0]
    library.decisions.confirm(first, "Carl")
    assert named(library)[second] == ("Carl", False), "the folder's photos count for him, too"
    library.decisions.undo()
    assert named(library) == {} and asked(library) == {first: "Carl", second: "Carl"}


def test_a_folders_people_compete_with_those_of_the_library(library, tmp_path):
    """Who is half like Anne, and more like Carl of the folder, is not Anne."""
    between = look(5, 20) + 0.75 * look(0, 20)
    with Library(tmp_path / "alone") as alone:
        answers = []
        for one in (alone, library):
            anne = [photo(one, 0)[0] for _ in range(3)]
            one.decisions.confirm(anne, "Anne")
            vector = (between / np.linalg.norm(between)).astype(np.float32)
            answers.append(one.recognition.suggest(NETWORK, vector[None])[0])
    assert answers[0][0] == 1 and answers[0][2], "without the folder she is named"
    assert answers[1][0] != library.people.find("Anne")


def test_renaming_merging_and_rejecting_reach_the_folders_people(library):
    face = photo(library, 5)[0]
    library.decisions.rename("Carl", "Karl")
    assert asked(library) == {face: "Karl"}
    anne = photo(library, 0)[0]
    library.decisions.confirm(anne, "Anne")
    library.decisions.merge(["Anne", "Karl"])
    assert named(library)[face] == ("Anne", False)
    library.decisions.undo()
    library.decisions.reject(face, "Karl")
    assert face not in asked(library)
    library.decisions.undo()
    twin = photo(library, 5, seed=1)[0]  # to the bit a face of the folder
    assert asked(library)[twin] == "Karl"
    library.decisions.reject(twin, "Karl")
    assert twin not in asked(library)
    faces = library.recognition.learned(NETWORK)
    assert [one.person for one in faces] == ["Karl"] * 2 + ["Dora"] * 3, "it counts against him"


def test_what_is_decided_about_the_same_face_counts_more(library):
    twin = photo(library, 5, seed=1)[0]
    library.decisions.confirm(twin, "Bo")
    assert [one.person for one in library.recognition.learned(NETWORK)].count("Carl") == 2
    library.decisions.undo()
    assert [one.person for one in library.recognition.learned(NETWORK)].count("Carl") == 3


def test_forgetting_somebody_of_a_folder_un_teaches(home):
    with Library(home) as library:
        face = photo(library, 5)[0]
        assert asked(library) == {face: "Carl"}
        library.forget("Carl")
        assert asked(library) == {} and library.people.find("Carl") is None
    with Library(home) as library:
        assert asked(library) == {} and library.people.find("Carl") is None
        assert {one.person for one in library.recognition.learned(NETWORK)} == {"Dora"}
    teach(home, {"Carl": looks(5, 1, 2, 3), "Dora": looks(6, 1, 2, 3)}, name="again")
    with Library(home) as library:
        another = photo(library, 5, seed=30)[0]
        assert asked(library)[another] == "Carl", "somebody taught him anew"


def test_another_model_in_use_is_followed_when_the_library_is_opened(home):
    with Library(home) as library:
        face = photo(library, 5)[0]
        confirmed = photo(library, 0)[0]
        library.decisions.confirm(confirmed, "Anne")
    teach(home, {"Eve": looks(5, 7, 8), "Anne": looks(0, 1)}, name="other", library=("Anne",))
    with Library(home) as library:
        assert asked(library) == {face: "Eve"}
        assert {one.person for one in library.recognition.learned(NETWORK)} == {"Eve"}
    (home / "models" / "current").unlink()
    with Library(home) as library:
        assert asked(library) == {}


@pytest.mark.parametrize("file", ["manifest.json", "assets/exemplars.npz"])
def test_a_damaged_model_teaches_nobody_and_stops_nothing(home, file):
    (home / "models" / "model" / file).write_bytes(b"{")
    with Library(home) as library:
        face = photo(library, 5)[0]
        library.decisions.confirm(face, "Anne")
        assert named(library) == {face: ("Anne", True)}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DECISIONS, st.booleans())
def test_decisions_and_the_model_alone_decide_whatever_led_to_it(
    tmp_path_factory, decisions, early
):
    """Any sequence, and a model before or after it, leaves what comparing anew gives."""
    home = tmp_path_factory.mktemp("home")
    taught = {"Bo": looks(1, 60, 61), "Carl": looks(2, 60, 61)}
    if early:
        teach(home, taught)
    with Library(home) as library:
        faces = [photo(library, number % 3)[0] for number in range(10)]
        library.decisions.confirm(faces[0], "Anne")
        for do, face, name in decisions:
            if do in ("undo", "redo"):
                getattr(library.decisions, do)()
            elif do == "ignore":
                library.decisions.ignore(faces[face])
            elif library.people.find(name) is not None or do == "confirm":
                getattr(library.decisions, do)(faces[face], name)
    if not early:
        teach(home, taught)
    rows = (
        "SELECT r.face, p.name, r.named, ROUND(r.confidence, 4) FROM recognised r"
        " JOIN people p ON p.id = r.person ORDER BY r.face"
    )
    with Library(home) as library:
        after = library.db.execute(rows).fetchall()
        library.db.execute("DELETE FROM recognised")
        library.recognition.refresh()
        assert library.db.execute(rows).fetchall() == after
        assert all(not named for _, name, named, _ in after if name == "Carl")
