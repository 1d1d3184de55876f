"""A new model beside the one in use, in words and in a table, for the page Teach and `train`."""

from __future__ import annotations

from collections.abc import Mapping

from data.recognition.identity import model_id
from data.words import count

_SHARES = (  # what, of the model's figures, and of how many it is a share
    ("Right name", "right", "held_out"),
    ("No name", "unknown", "held_out"),
    ("Wrong name", "wrong", "held_out"),
    ("Strangers named", "false_names", "strangers"),
)


def same_photos(new: Mapping, old: Mapping | None) -> Mapping | None:
    """What both models say of the same held-out photos; `None` if that was not measured.

    Args:
        new, old: Their manifests.
    """
    compared = new.get("compared")
    if not compared or not old or not compared["faces"]:
        return None
    return compared if compared["former"] == model_id(old) else None


def comparison_rows(new: Mapping, old: Mapping | None) -> list[dict]:
    """The measured accuracy of a new model beside that of the one in use."""
    same = same_photos(new, old)
    title = "On the same unseen photos" if same else "On unseen photos"
    new_of, old_of = _measured(new), _measured(old or {})
    if same:
        of = {"held_out": same["faces"], "strangers": same["strangers"]}
        new_of, old_of = {**same["new"], **of}, {**same["old"], **of}
    rows = []
    for label, key, of in _SHARES:
        row = {title: label, "New model": _share(new_of.get(key), new_of.get(of))}
        if old is not None:
            row["Model in use"] = _share(old_of.get(key), old_of.get(of))
        rows.append(row)
    people = {title: "People it knows", "New model": _people(new)}
    if old is not None:
        people["Model in use"] = _people(old)
    return [*rows, people]


def verdict(new: Mapping, old: Mapping | None) -> str:
    """The comparison in a sentence."""
    if same := same_photos(new, old):
        return same_photos_text(same)
    now = _measured(new).get("right")
    if now is None:
        return "Its accuracy could not be measured: that takes photos of a person from two moments."
    unseen = _measured(new).get("held_out")
    of = f"{unseen:,} " if unseen else ""
    text = f"It gave {now:.0%} of the {of}photos that it had not seen the right name."
    before = _measured(old or {}).get("right")
    if before is None:
        return text
    former = _measured(old).get("held_out")
    own = f"on {count(former, 'photo')} of its own" if former else "on photos of its own"
    if set(new.get("people", ())) != set(old.get("people", ())):
        return f"{text} The model in use had {before:.0%}, {own}, with other people to tell apart."
    if abs(now - before) < 0.005:
        return f"{text} That is as good as the model in use, {own}."
    return f"{text} The model in use had {before:.0%}, {own}."


def same_photos_text(compared: Mapping) -> str:
    """What a comparison (`training.report.comparison.Comparison`) found, in sentences."""
    new, old, faces = compared["new"], compared["old"], compared["faces"]
    if not faces:
        return (
            "No photo tells which model is better, this one or the one in use: none is of "
            f"somebody whom both know and unseen by both.{_not_compared(compared)}"
        )
    text = (
        f"On the same {count(faces, 'face')}, held out from both, it gives {new['right']:.1%} the "
        f"right name and {new['wrong']:.1%} a wrong one; the model in use {old['right']:.1%} and "
        f"{old['wrong']:.1%}. {_alone(compared)}"
    )
    if compared["strangers"]:
        text += (
            f" Of {count(compared['strangers'], 'face')} of people left out of both, it names "
            f"{new['false_names']:.1%}, the model in use {old['false_names']:.1%}."
        )
    return text + _not_compared(compared)


def _alone(compared: Mapping) -> str:
    new, old = compared["only_new"], compared["only_old"]
    if not new and not old:
        return "Both name the same faces rightly."
    return f"{count(new, 'face')} only it names rightly, {old} only the model in use."


def _not_compared(compared: Mapping) -> str:
    text = ""
    if faces := compared["new_people"]:
        who = f"{count(faces, 'face')} of people whom the model in use does not know"
        text += f" Not compared: {who}."
    if faces := compared["learned"]:
        text += f" Not compared: {count(faces, 'face')} that its fine-tuned network learned from."
    return text


def _measured(manifest: Mapping) -> Mapping:
    return manifest.get("measured") or {}


def _share(value: float | None, of: int | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:.1%} of {of:,}" if of else f"{value:.1%}"


def _people(manifest: Mapping) -> str:
    return str(len(manifest.get("people", ())))
