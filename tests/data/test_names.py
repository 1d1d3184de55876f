"""The one form of a name, names that mean nobody, and names that are nearly another's."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.names import clean_name, means_nobody, near_names, near_pairs, person_named, same_name


@pytest.mark.parametrize(
    "typed",
    [
        "Zoë",
        "Zoe\u0308",
        " Zoë ",
        "Zoë\u200b",
        "\ufeffZoë",
        "Zoe\u200b\u0308",
        "Zo\u00adë",
        "Zoë\n",
    ],
)
def test_spellings_of_one_text_are_one_name(typed):
    assert clean_name(typed) == "Zoë" and same_name(typed, "Zoë")


@given(st.text())
def test_the_form_is_composed_visible_and_final(text):
    name = clean_name(text)
    assert clean_name(name) == name == unicodedata.normalize("NFC", name).strip()
    assert "  " not in name and "\n" not in name
    for form in ("NFC", "NFD"):
        assert clean_name(unicodedata.normalize(form, text)) == name


def test_what_shapes_a_script_stays():
    persian, emoji = "می\u200cخواهم", "👩\u200d👧"
    assert clean_name(persian) == persian and clean_name(emoji) == emoji
    assert clean_name("anne") != clean_name("Anne")


NOBODY = [
    "", " ", "\u200b", "?", "--", "Unknown", "unknown person", "UNKNOWN_PERSON", "(Unknown)",
    "Unconfirmed", "ignored", "Unnamed", "Untagged", "none", "Add name", "Who is this?",
    "Unbekannt", "Inconnu", "Desconocido", "Ukendt", "Неизвестный", "未知", "名前なし",
    "\u3164", "\u2800 \u115f", "Unknown - Other", "Ignored faces", "Not identified", "Unlabelled",
    "Unidentified man", "Ignorierte Gesichter", "Visages inconnus", "已忽略", "Неподтверждённые",
]  # fmt: skip


@pytest.mark.parametrize("name", [*NOBODY, None])
def test_names_by_which_programs_mean_nobody(name):
    assert means_nobody(name) and person_named(name) is None


@pytest.mark.parametrize(
    "name", ["Anne", "Nemo", "李", "👪", "N", "O", "Jo Name", "Unkown", "Jo Other"]
)
def test_names_of_people(name):
    assert not means_nobody(name) and person_named(f" {name} ") == name


@pytest.mark.parametrize("name", [
    "Person 12", "person_3", "Unknown #4", "Face 1", "cluster 7", "Unknown person 7",
    "Unbekannte Person 2", "Nobody", "Stranger", "Others", "Person", "Faces", "Untitled",
])  # fmt: skip
def test_words_that_programs_give_are_no_persons_unless_somebody_types_them(name):
    assert person_named(name) is None and not means_nobody(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("anne", ["Anne"]),
        ("Roger", ["Roger Federer"]),
        ("Federer, Roger", ["Roger Federer"]),
        ("Rodger Federer", ["Roger Federer"]),
        ("Zoe", ["Zoë"]),
        ("Annemarie", ["Anne-Marie"]),
        ("Hanna", []),
        ("Bo 3", []),
        ("Zoe\u0308", []),  # the same
    ],
)
def test_whom_somebody_may_have_meant(name, near):
    known = ["Anne", "Roger Federer", "Zoë", "Bo 2", "Anne-Marie", "Anna"]
    assert near_names(name, known)[: len(near) or None] == near


def test_pairs_of_near_names():
    assert near_pairs(["Anne", "Bo", "anne", "Bo Berg"]) == [("Anne", "anne"), ("Bo", "Bo Berg")]
    assert near_pairs(["Anne", "Bo"]) == near_pairs([]) == []
