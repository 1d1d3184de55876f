"""`kindred.py people|confirm|reject|undo`: who is in the library, and what is decided about it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from data.errors import LibraryError
from data.words import count
from ui.terminal.opened import open_library
from ui.terminal.output import DONE, FAILED, agreed, say, warn

if TYPE_CHECKING:
    from data.library import Library


def add(commands) -> None:
    people = commands.add_parser("people", help="list, rename, merge, split, ignore, forget people")
    people.set_defaults(run=_list, all=False)
    actions = people.add_subparsers(metavar="ACTION")

    def action(name: str, run, help: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=help)
        parser.set_defaults(run=run, wrong=parser.error)
        return parser

    listing = action("list", _list, "everybody, those in most photos first")
    listing.add_argument("--all", action="store_true", help="ignored people as well")
    rename = action("rename", _rename, "give a person another name")
    rename.add_argument("person", metavar="NAME")
    rename.add_argument("name", metavar="NEW_NAME")
    merge = action("merge", _merge, "make several people one: the first, whose name stays")
    merge.add_argument("people", nargs="+", metavar="NAME")
    split = action("split", _split, "a person's faces in some photos are somebody else")
    split.add_argument("person", metavar="NAME")
    split.add_argument("name", metavar="NEW_NAME")
    split.add_argument("photos", nargs="+", metavar="PHOTO")
    ignore = action("ignore", _ignore, "leave a person out of lists")
    ignore.add_argument("person", metavar="NAME")
    ignore.add_argument("--not", dest="back", action="store_true", help="list the person again")
    forget = action("forget", _forget, "remove a person for good: names, embeddings, references")
    forget.add_argument("person", metavar="NAME")
    forget.add_argument("--yes", action="store_true", help="do not ask")

    for name, run, help in (
        ("confirm", _confirm, "say who a face in a photo or film is"),
        ("reject", _reject, "say who a face in a photo or film is not"),
    ):
        parser = commands.add_parser(name, help=help)
        parser.add_argument("photo", metavar="PHOTO", help="or a film")
        parser.add_argument("person", metavar="NAME")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--face", type=int, metavar="N", help="1 is the face listed first")
        which.add_argument(
            "--track", type=int, metavar="N", dest="face", help="the same in a film, as `tag` says"
        )
        parser.set_defaults(run=run)
    undo = commands.add_parser("undo", help="take back the last decision")
    undo.set_defaults(run=_undo)


def _list(options: argparse.Namespace) -> int:
    with open_library() as library:
        people = library.people.list(with_ignored=options.all)
        near = library.people.near_names()
    width = max((len(person.name) for person in people), default=0)
    for person in people:
        years = "-".join(dict.fromkeys(d[:4] for d in (person.first, person.last) if d))
        rest = f"{count(person.photos, 'photo')}, {person.confirmed} confirmed"
        rest += f", {years}" if years else ""
        rest += ", ignored" if person.ignored else ""
        say(f"{person.name:<{width}}  {rest}")
    if not people:
        say("nobody is known yet")
    if near:
        pairs = "; ".join(f"{one} and {other}" for one, other in near[:5])
        warn(f"may be one person: {pairs}. If so: python kindred.py people merge NAME NAME")
    return DONE


def _rename(options: argparse.Namespace) -> int:
    with open_library() as library:
        former = library.people.get(options.person).name
        library.decisions.rename(options.person, options.name)
        say(f"{former} is now called {library.people.get(options.name).name}")
    return DONE


def _merge(options: argparse.Namespace) -> int:
    if len(options.people) < 2:
        options.wrong("merging needs two people or more")
    with open_library() as library:
        names = [library.people.get(person).name for person in options.people]
        library.decisions.merge(options.people)
        kept = library.people.get(options.people[0])
        say(f"{', '.join(names[1:])} merged into {kept.name}: {count(kept.photos, 'photo')}")
    return DONE


def _split(options: argparse.Namespace) -> int:
    with open_library() as library:
        person = library.people.get(options.person)
        theirs = {face for face, _, _ in library.people.faces(person.id)}
        faces = [face for p in options.photos for face in _faces(library, p) if face in theirs]
        if not faces:
            raise LibraryError(f"{person.name} is in none of these photos")
        library.decisions.split(person.id, faces, options.name)
        are = "is" if len(faces) == 1 else "are"
        say(f"{count(len(faces), 'face')} of {person.name} {are} now {options.name}")
    return DONE


def _ignore(options: argparse.Namespace) -> int:
    with open_library() as library:
        library.decisions.ignore_person(options.person, not options.back)
        name = library.people.get(options.person).name
        say(f"{name} is {'listed again' if options.back else 'ignored'}")
    return DONE


def _forget(options: argparse.Namespace) -> int:
    with open_library() as library:
        person = library.people.get(options.person)
        question = f"Forget {person.name} ({count(person.photos, 'photo')}) for good?"
        if not agreed(question, options, "this cannot be undone: say --yes"):
            return FAILED
        gone = library.forget(person.id)
    say(f"forgot {', '.join(gone.names)}: removed")
    say(f"    names and embeddings of {count(gone.faces, 'face')}")
    say(f"    {count(gone.suggestions, 'suggestion')}")
    say(f"    {count(gone.journal_rows, 'copy', 'copies')} in the journal")
    say(f"    {count(gone.reference_photos, 'reference photo')}")
    say(f"    {count(gone.cache_files, 'file')} in the cache")
    say("The photos themselves, and names written into them, stay.")
    for model in gone.models:
        say(f"This model still knows the person; train again and remove it: {model}")
    if gone.models:
        say("Where it learned from a family folder, take the person's photos out of that first.")
    return DONE


def _confirm(options: argparse.Namespace) -> int:
    with open_library() as library:
        before = library.suggestions.waiting()
        is_new = library.people.find(options.person) is None
        library.decisions.confirm(_one_face(library, options), options.person)
        say(f"{options.photo}: confirmed {library.people.get(options.person).name}")
        if (more := library.suggestions.waiting() - before) > 0:
            look = "looks" if more == 1 else "look"
            say(f"{count(more, 'more face')} now {look} like somebody who is known; see the pages")
        near = library.people.near_names(options.person) if is_new else []
        for new, known in near[:1]:
            warn(f"{new} is new here, and {known} is known. If that is who you meant: undo")
    return DONE


def _reject(options: argparse.Namespace) -> int:
    with open_library() as library:
        name = library.people.get(options.person).name
        library.decisions.reject(_one_face(library, options), options.person)
        say(f"{options.photo}: that is not {name}")
    return DONE


def _undo(options: argparse.Namespace) -> int:
    with open_library() as library:
        last = next((d for d in library.decisions.history(None) if d.in_force), None)
        if library.decisions.undo() is None:
            say("there is nothing to take back")
            return DONE
        about = f" of {count(len(last.faces), 'face')}" if last.faces else ""
        say(f"took back: {last.kind}{about}, decided {last.at[:19].replace('T', ' ')} UTC")
    return DONE


def _faces(library: Library, photo: str) -> list[int]:
    """The faces of a photo, or the tracks of a film, in the order of `tag`."""
    id = library.photos.photo_of(photo)
    if id is None:
        raise LibraryError("this photo is not in the library", file=photo, remedy="Tag it first")
    if library.films.duration(id) is not None:
        return library.films.tracks(id)
    return [face.id for face in library.faces.of(id)]


def _one_face(library: Library, options: argparse.Namespace) -> int:
    """The face that is meant: by number, the only one, or the one that has the name already."""
    faces = _faces(library, options.photo)
    is_film = library.films.duration(library.photos.photo_of(options.photo)) is not None
    word = "track" if is_film else "face"
    if options.face is not None:
        if 1 <= options.face <= len(faces):
            return faces[options.face - 1]
        raise LibraryError(
            f"expected a {word} from 1 to {len(faces)}. Received: {options.face}",
            file=options.photo,
        )
    if len(faces) == 1:
        return faces[0]
    person = library.people.find(options.person)
    names = library.suggestions.names(library.photos.photo_of(options.photo))
    fitting = [face for face in faces if face in names and names[face].person == person]
    if len(fitting) == 1:
        return fitting[0]
    listed = (
        f"{n} {names[face].name if face in names else 'unknown'}" for n, face in enumerate(faces, 1)
    )
    raise LibraryError(
        f"which {word}? There are {len(faces)}: {', '.join(listed) or 'none'}",
        file=options.photo,
        remedy=f"Say --{word} N",
    )
