"""Decisions: what each does, that suggestions cannot move them, and that undo is exact."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import LibraryError
from data.library import Library
from data.library.decisions.decision_journal import JOURNALED, loads, read_row
from data.names import means_nobody, person_named
from tests.data.library.samples import add_photo, family, row_of_faces, state


@pytest.fixture
def library(tmp_path):
    with family(tmp_path) as library:
        yield library


def names(library):
    """Face id -> name that counts, for all faces."""
    ids = [id for (id,) in library.db.execute("SELECT id FROM faces ORDER BY id")]
    found = {id: library.suggestions.name(id) for id in ids}
    return {id: name and name.name for id, name in found.items()}


def test_the_sample(library):
    assert names(library) == {1: "Anne", 2: "Bob", 3: "Anne", 4: "Cindy", 5: None}


def test_a_confirmed_name_is_not_moved_by_a_model(library):
    library.decisions.confirm([1, 5], "Anne")
    library.suggestions.record("model-2", {1: [("Bob", 1.0)], 5: [("Bob", 1.0)]})
    assert names(library)[1] == names(library)[5] == "Anne"
    assert library.suggestions.name(1).confirmed


def test_a_rejected_name_never_comes_back_and_the_next_candidate_counts(library):
    library.decisions.reject(1, "Anne")
    assert names(library)[1] is None
    library.suggestions.record("model-2", {1: [("Anne", 0.9), ("Bob", 0.7)], 3: [("Anne", 0.9)]})
    assert (names(library)[1], names(library)[3]) == ("Bob", "Anne")
    library.decisions.reject(1, "Bob")
    assert names(library)[1] is None
    library.decisions.confirm(1, "Anne")  # only the person who rejected may say otherwise
    assert names(library)[1] == "Anne"
    library.decisions.reject(1, "Anne")
    assert names(library)[1] is None


def test_a_rejection_follows_a_person_through_merge_and_rename(library):
    library.decisions.reject(1, "Anne")
    library.decisions.merge(["Bob", "Anne"])
    library.suggestions.record("model-2", {1: [("Bob", 0.9)]})
    assert names(library)[1] is None
    library.decisions.rename("Bob", "Robert")
    library.suggestions.record("model-3", {1: [("Robert", 0.9), ("Anne", 0.8)]})
    assert names(library)[1] is None


def test_a_rename_keeps_the_id_and_older_models_are_understood(library):
    anne = library.people.find("Anne")
    library.decisions.rename("Anne", "Anna")
    assert library.people.find("Anna") == anne and names(library)[1] == "Anna"
    library.suggestions.record("model-1", {5: [("Anne", 0.9)]})
    assert names(library)[5] == "Anna"
    with pytest.raises(LibraryError, match="now called Anna"):
        library.find(["Anne"])
    library.decisions.confirm(5, "Anne")  # a person who types it means somebody new
    assert library.people.find("Anne") != anne and names(library)[5] == "Anne"
    with pytest.raises(LibraryError, match="Merge the two"):
        library.decisions.rename("Anna", "Bob")


def test_a_merge_leaves_one_person_under_all_names(library):
    library.decisions.confirm(4, "Cindy")
    anne, cindy = library.people.find("Anne"), library.people.find("Cindy")
    library.decisions.merge(["Anne", "Cindy"])
    assert library.people.find("Cindy") == anne
    assert library.people.get(cindy).name == "Anne" and names(library)[4] == "Anne"
    library.decisions.merge(["Bob", "Anne"])
    assert {name for name in names(library).values() if name} == {"Bob"}
    library.decisions.rename("Bob", "Cindy")  # a name of the same person is free
    assert names(library)[4] == "Cindy"
    for _ in range(3):
        library.decisions.undo()
    assert names(library)[4] == "Cindy" and names(library)[1] == "Anne"
    with pytest.raises(LibraryError, match="two different"):
        library.decisions.merge(["Anne", "Anne"])


def merged_by_mistake(library) -> tuple[int, int]:
    """Anne (faces 1 and 3) and Bob (face 2) are merged, and something else is decided."""
    library.decisions.confirm([1, 3], "Anne")
    library.decisions.confirm(2, "Bob")
    ids = library.people.find("Anne"), library.people.find("Bob")
    library.decisions.merge(["Anne", "Bob"])
    library.decisions.ignore_person("Anne")
    library.decisions.ignore_person("Anne", False)
    return ids


@pytest.mark.parametrize("typed", ["Bob", " Bob\u200b"])
def test_the_name_of_somebody_who_was_merged_means_that_person_again(library, typed):
    anne, bob = merged_by_mistake(library)
    library.decisions.confirm(5, typed)
    assert [names(library)[face] for face in (1, 2, 3, 5)] == ["Anne", "Bob", "Anne", "Bob"]
    assert (library.people.find("Anne"), library.people.find("Bob")) == (anne, bob)
    assert library.people.get("Bob").confirmed == 2 and library.people.get("Anne").confirmed == 2
    library.decisions.undo()
    assert names(library)[2] == "Anne" and names(library)[5] is None


def test_splitting_with_the_name_of_somebody_merged_brings_that_person_back(library):
    anne, bob = merged_by_mistake(library)
    library.decisions.split("Anne", 2, "Bob")
    assert [names(library)[face] for face in (1, 2, 3)] == ["Anne", "Bob", "Anne"]
    assert (library.people.find("Anne"), library.people.find("Bob")) == (anne, bob)


def test_another_program_that_says_the_name_of_somebody_merged_follows_the_merge(library):
    anne, _ = merged_by_mistake(library)
    library.decisions.confirm(5, "Bob", source="metadata")
    assert names(library)[5] == "Anne" and library.people.find("Bob") == anne


def test_those_merged_before_come_back_with_whom_they_were_merged_into(library):
    library.decisions.confirm(1, "Anne")
    library.decisions.confirm(2, "Bob")
    library.decisions.confirm(4, "Cindy")
    library.decisions.merge(["Bob", "Cindy"])
    library.decisions.merge(["Anne", "Bob"])
    library.decisions.ignore(5)
    library.decisions.confirm(2, "Bob")
    assert [names(library)[face] for face in (1, 2, 4)] == ["Anne", "Bob", "Bob"]


def test_a_split_makes_a_new_person_who_is_not_the_old_one(library):
    library.decisions.confirm([1, 3], "Anne")
    library.decisions.split("Anne", 3)
    assert names(library)[3] == "Anne (2)" and names(library)[1] == "Anne"
    library.decisions.ignore(3)
    library.decisions.ignore(3, False)
    assert names(library)[3] is None  # Anne is suggested and rejected
    with pytest.raises(LibraryError, match="is not 'Anne'"):
        library.decisions.split("Anne", [1, 2], "Eve")
    assert library.people.find("Eve") is None


def test_an_ignored_face_or_person_is_nobody(library):
    library.decisions.ignore(1)
    assert names(library)[1] is None
    library.decisions.confirm(1, "Anne")
    assert names(library)[1] == "Anne"
    library.decisions.ignore_person("Bob")
    assert "Bob" not in [person.name for person in library.people.list()]
    assert "Bob" in [person.name for person in library.people.list(with_ignored=True)]


@pytest.mark.parametrize(
    "name",
    ["Zoë", "佐藤", "محمد", "O'Brien; DROP", "👩‍👧", "nul\0", "x" * 5000, "..", "a/b"],
)
def test_any_name_is_kept_as_typed(library, name):
    library.decisions.confirm(5, name)
    assert names(library)[5] == name
    library.decisions.undo()
    library.decisions.redo()
    assert names(library)[5] == name


@pytest.mark.parametrize("typed", ["Rene\u0301e", "Renée\u200b", "\ufeffRenée", " Renée\n"])
def test_a_name_has_one_form(library, typed):
    library.decisions.confirm(5, typed)
    assert names(library)[5] == "Renée" and library.people.get(typed).name == "Renée"


def test_a_numbered_name_is_a_programs_placeholder_and_a_persons_choice(library):
    assert person_named("Person 12") is None and person_named("person_001") is None
    library.decisions.confirm(5, "person_001")
    assert names(library)[5] == "person_001" and not means_nobody("person_001")


@pytest.mark.parametrize("name", ["Unknown", "_UNKNOWN_", "Ignored"])
def test_a_name_that_means_nobody_is_refused(library, name):
    with pytest.raises(LibraryError, match="mean nobody"):
        library.decisions.confirm(5, name)
    with pytest.raises(LibraryError, match="mean nobody"):
        library.decisions.rename("Anne", name)


def test_names_are_compared_by_what_they_look_like(library):
    library.decisions.confirm(1, "Zoë")
    library.decisions.confirm(2, " Zoe\u0308 ")
    assert library.people.find("Zoe\u0308") == library.people.find("Zoë")
    assert names(library)[2] == "Zoë"
    assert library.people.find("zoë") is None
    for bad in ("", "  ", "\ud800", None):
        with pytest.raises(LibraryError, match="Received"):
            library.decisions.rename("Zoë", bad)


def test_what_is_not_there_changes_nothing(library):
    before = state(library), library.decisions.history()
    for wrong in (
        lambda: library.decisions.confirm([1, 99], "Dora"),
        lambda: library.decisions.confirm([], "Dora"),
        lambda: library.decisions.reject(1, "Ann"),
        lambda: library.decisions.rename(77, "Dora"),
        lambda: library.decisions.undo(5),
    ):
        with pytest.raises(LibraryError):
            wrong()
    assert (state(library), library.decisions.history()) == before
    assert library.decisions.undo() is None and library.decisions.redo() is None


def test_undo_and_redo_walk_through_the_decisions(library):
    first = library.decisions.confirm(1, "Anne")
    second = library.decisions.confirm(2, "Dora")
    assert [entry.id for entry in library.decisions.history()] == [second, first]
    after = state(library)
    assert library.decisions.undo() == second
    assert library.people.find("Dora") is None
    assert library.decisions.undo() == first
    assert not any(entry.in_force for entry in library.decisions.history())
    assert library.decisions.redo() == first and library.decisions.redo() == second
    assert library.decisions.redo() is None and state(library) == after
    library.decisions.undo()
    library.decisions.ignore(5)
    assert library.decisions.redo() is None  # something was decided since
    entry = library.decisions.history()[0]
    assert (entry.kind, entry.faces, entry.in_force) == ("ignore", (5,), True)


def test_an_older_decision_can_be_undone_unless_another_builds_on_it(library):
    first = library.decisions.confirm(1, "Dora")
    library.decisions.confirm(2, "Bob")
    third = library.decisions.confirm(3, "Dora")
    with pytest.raises(LibraryError, match=f"decision {third} builds on it"):
        library.decisions.undo(first)
    library.decisions.undo(third)
    library.decisions.undo(first)
    assert names(library)[1] == "Anne" and library.people.find("Dora") is None
    assert names(library)[2] == "Bob" and library.suggestions.name(2).confirmed


def test_a_person_whom_a_model_has_learned_stays_after_undo(library):
    library.decisions.confirm(5, "Dora")
    dora = library.people.find("Dora")
    library.suggestions.record("model-2", {4: [("Dora", 0.9)]})
    library.decisions.undo()
    assert names(library)[4] == "Dora" and names(library)[5] is None
    library.decisions.redo()
    assert names(library)[5] == "Dora" and library.people.find("Dora") == dora


def test_the_review_queue_is_surest_first(library):
    library.suggestions.record("m", {1: [("Anne", 0.5)], 2: [("Bob", 0.9)], 3: [], 4: []})
    queue = library.suggestions.to_review()
    assert [(face, name.name, name.confidence) for face, name in queue] == [
        (2, "Bob", 0.9),
        (1, "Anne", 0.5),
    ]
    assert library.suggestions.to_review(limit=1, skip=1)[0][0] == 1
    library.decisions.confirm(2, "Bob")
    assert [face for face, _ in library.suggestions.to_review()] == [1]


# --- any sequence of decisions followed by as many undos is the empty change

_FACE = st.integers(1, 9)
_FACES = st.lists(_FACE, min_size=1, max_size=4)
_NAME = st.sampled_from(["Anne", "Bob", "Cindy", "Dora", "Eve", "Zoë", "Zoe\u0308"])
_PERSON = _NAME | st.integers(1, 8)
_STEP = st.one_of(
    st.tuples(st.just("confirm"), _FACES, _PERSON),
    st.tuples(st.just("reject"), _FACES, _PERSON),
    st.tuples(st.just("ignore"), _FACES, st.booleans()),
    st.tuples(st.just("ignore_person"), _PERSON, st.booleans()),
    st.tuples(st.just("rename"), _PERSON, _NAME),
    st.tuples(st.just("merge"), st.lists(_PERSON, min_size=2, max_size=3)),
    st.tuples(st.just("split"), _PERSON, _FACES),
)


def decide(library: Library, steps) -> list[int]:
    """Takes those steps that are possible and returns the decisions' numbers."""
    taken = []
    for kind, *arguments in steps:
        before = state(library)
        try:
            taken.append(getattr(library.decisions, kind)(*arguments))
        except LibraryError:
            assert state(library) == before
    return taken


def sample(folder: Path) -> Library:
    library = family(folder)
    add_photo(library, folder / "more.jpg", row_of_faces(*[(seed, None) for seed in range(4)]))
    return library


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(before=[], steps=[("rename", "Anne", "Dora"), ("confirm", [1], "Anne")])
@given(before=st.lists(_STEP, max_size=5), steps=st.lists(_STEP, max_size=12))
def test_any_decisions_and_as_many_undos_are_the_empty_change(before, steps):
    with tempfile.TemporaryDirectory() as folder, sample(Path(folder)) as library:
        decide(library, before)
        start = state(library)
        taken = decide(library, steps)
        end = state(library)
        assert [library.decisions.undo() for _ in taken] == taken[::-1]
        assert state(library) == start
        assert [library.decisions.redo() for _ in taken] == taken
        assert state(library) == end


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_STEP, max_size=12), picks=st.lists(st.integers(0, 11), max_size=6))
def test_undoing_older_decisions_never_blocks_the_way_back(steps, picks):
    with tempfile.TemporaryDirectory() as folder, sample(Path(folder)) as library:
        start = state(library)
        taken = decide(library, steps)
        for pick in picks:
            if pick < len(taken):
                before = state(library)
                try:
                    library.decisions.undo(taken[pick])
                except LibraryError:
                    assert state(library) == before
        while library.decisions.undo() is not None:
            pass
        assert state(library) == start


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_STEP, max_size=12), person=_PERSON)
def test_after_forgetting_the_rest_can_still_be_undone(steps, person):
    with tempfile.TemporaryDirectory() as folder, sample(Path(folder)) as library:
        decide(library, steps)
        try:
            library.forget(person)
        except LibraryError:
            return
        while library.decisions.undo() is not None:
            pass
        left = library.db.execute("SELECT DISTINCT person, ignored FROM faces").fetchall()
        assert left == [(None, 0)]
        assert state(library)["rejections"] == state(library)["aliases"] == []
        while library.decisions.redo() is not None:
            pass


def test_the_journal_ends_where_the_tables_are(library):
    library.decisions.confirm([1, 2], "Dora")
    library.decisions.merge(["Anne", "Dora"])
    library.decisions.reject(2, "Anne")
    seen = set()
    for table, key, after in library.db.execute(
        "SELECT tbl, key, after FROM changes ORDER BY decision DESC, seq DESC"
    ).fetchall():
        if (table, key) not in seen:
            assert read_row(library.db, table, tuple(loads(key))) == loads(after)
            seen.add((table, key))
    assert {table for table, _ in seen} <= set(JOURNALED)


def test_an_import_says_where_it_comes_from(library):
    library.decisions.confirm(5, "Anne", source="xmp")
    assert library.decisions.history()[0].source == "xmp"
