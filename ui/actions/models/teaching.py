"""What the page "Teach" knows of families and models: what is in a folder, how models compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.errors import KindredError, ModelError
from data.family import Family
from data.home import current_model_dir, home, set_current_model
from data.library.people.people import PersonSummary
from data.library.views import LibraryViews
from data.words import count
from model.manifest import manifest_in_use, read_manifest
from ui.actions.models.about_facts import created_text


@dataclass(frozen=True)
class KnownModel:
    """A model folder under `KINDRED_HOME/models`.

    Attributes:
        folder: The folder.
        manifest: What it says of itself.
        current: Whether it is the one in use.
    """

    folder: Path
    manifest: dict
    current: bool

    @property
    def title(self) -> str:
        people = len(self.manifest.get("people", ()))
        who = count(people, "person", "people")
        measured = self.manifest.get("measured") or {}
        right, of = measured.get("right"), measured.get("held_out")
        unseen = f"{count(of, 'photo') if of else 'photos'} it had not seen"
        said = "" if right is None else f", {right:.0%} right on {unseen}"
        return f"{created_text(self.manifest)}, {who}{said}"


def people_folder() -> Path:
    """Kindred's own family folder, where uploaded photos of people go."""
    return home() / "people"


def models() -> list[KnownModel]:
    """The models that can be used, the newest first."""
    try:
        current = current_model_dir()
    except ModelError:
        current = None
    found = []
    for file in (home() / "models").glob("*/manifest.json"):
        try:
            manifest = read_manifest(file.parent)
        except KindredError:  # of another version, or damaged: not to be chosen
            continue
        found.append(KnownModel(file.parent, manifest, file.parent == current))
    return sorted(found, key=lambda model: model.manifest.get("created", ""), reverse=True)


def find_model(name: str) -> KnownModel | None:
    """The model in the folder of this name."""
    return next((model for model in models() if model.folder.name == name), None)


def use(name: str) -> None:
    """Makes a model the one in use.

    Raises:
        ModelError: There is none of this name.
    """
    model = find_model(name)
    if model is None:
        raise ModelError("this model is gone", file=home() / "models" / Path(name).name)
    set_current_model(model.folder)


def known_rows(library: LibraryViews) -> list[dict]:
    """Everybody who is known, by the model in use or by names given in the library."""
    today = library.people.name_today
    learned = {today(name): photos for name, photos in _learned_photos().items()}
    confirmed = {person.name: person for person in library.people.list() if person.confirmed}
    rows = []
    for name in {**learned, **confirmed}:
        person = confirmed.get(name)
        faces = max(person.confirmed if person else 0, learned.get(name, 0))
        rows.append({"Name": name, "Faces": faces, "Years": _years(person), "Note": _advice(faces)})
    return sorted(rows, key=lambda row: (-row["Faces"], row["Name"]))


def _learned_photos() -> dict[str, int]:
    """Everybody whom the model in use knows, with the number of photos learned from."""
    manifest = manifest_in_use()
    photos = manifest.get("training", {}).get("photos", {})
    return {name: photos.get(name, 0) for name in manifest.get("people", ())}


def _years(person: PersonSummary | None) -> str:
    years = {when[:4] for when in (person and person.first, person and person.last) if when}
    return "–".join(sorted(years))


def _advice(photos: int) -> str:
    advice = "" if photos >= 5 else "five or more work much better"
    return "one is a start; " + advice if photos == 1 else advice


def family_rows(family: Family) -> list[dict]:
    """Who is in a family folder, with the number of photos and what to do better."""
    rows = []
    for name, photos in sorted(family.photos.items(), key=lambda item: -len(item[1])):
        rows.append({"Name": name, "Photos": len(photos), "Note": _advice(len(photos))})
    return rows
