"""The page "Teach": show Kindred a family, let it learn, decide whether to use the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from data.errors import KindredError
from data.family import Family, read_family
from data.jobs import DONE, Job
from data.media.uploads import unpack_people
from data.words import count
from ui.actions.library.library_in_use import library_in_use, say
from ui.actions.models import comparing, teaching
from ui.actions.models.teaching import KnownModel
from ui.components.jobs.job_view import jobs, show_curve, show_ended, show_running, start
from ui.components.library.folder_picker import pick_folder
from ui.components.models.card_view import show_card
from ui.components.people.merging import questions_of, show_merge_questions
from ui.components.people.own_people import show_own_people
from ui.components.shell.style import plain
from ui.components.shell.templates import render

_MERGES = 3  # questions whether two are one person, at once
HANDLED = "teach.handled"  # digest of the zip that was unpacked, in the session's state


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-teach"):
        st.title("Teach Kindred your family")
        text = (
            "Every name that you give on a page is known at once. More of them, or a folder for "
            "each person, and Kindred can adapt to your family: in the background; it tells you "
            "how well it does, and you decide whether to use it."
        )
        st.html(render("lead.html", text=text))
        running = show_running()
        if not running:
            _show_last()
        if not running:
            known = _show_known()
            if known:
                st.subheader("Add people from a folder or a zip")
            _ask()
        _show_models()


def _show_known() -> bool:
    """Who is known, and learning more deeply about them; returns whether there is anybody."""
    with library_in_use() as library:
        rows = teaching.known_rows(library)
        if not rows:
            return False
        show_merge_questions(library, questions_of(library)[:_MERGES], "teach.questions")
    few = sum(row["Faces"] < 5 for row in rows)
    st.subheader(f"Kindred knows {len(rows)} {'person' if len(rows) == 1 else 'people'}")
    if few:
        who = "One of them has" if few == 1 else f"{few} of them have"
        st.caption(f"{who} fewer than five faces: name some more on Review.")
    said = [column for column in rows[0] if any(row[column] for row in rows)]
    shown = [{column: row[column] for column in said} for row in rows]
    st.dataframe(shown, hide_index=True, width="stretch")
    if st.button(
        "Learn more deeply",
        icon=":material/school:",
        key="teach.known",
        help="Adapts the network to these people. That takes minutes; what is known stays known",
    ):
        start("train", {"folder": None})
    return True


def _ask() -> None:
    here, zipped = st.tabs(["A folder on this computer", "Upload a zip"])
    with here:
        folder = pick_folder(
            "teach", "Family folder", help="A folder with one folder for each person"
        )
        if folder is not None:
            _show_family(folder, "folder")
    with zipped:
        upload = st.file_uploader(
            "A zip with one folder for each person", type=["zip"], key="teach.zip"
        )
        if upload is not None and st.session_state.get(HANDLED) != upload.file_id:
            _unpack(upload)
        if teaching.people_folder().is_dir():
            st.caption(f"These photos are in {plain(str(teaching.people_folder()))}")
            _show_family(teaching.people_folder(), "own", show_own_people)


def _unpack(upload) -> None:
    with st.spinner("Unpacking"):
        try:
            found = unpack_people(upload, teaching.people_folder())
        except KindredError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
    st.session_state[HANDLED] = upload.file_id
    photos, people = sum(found.photos.values()), len(found.photos)
    text = f"{count(photos, 'new photo')} of {count(people, 'person', 'people')}"
    text += f", {found.known} were here already" if found.known else ""
    st.success(text, icon=":material/check_circle:")
    if found.left_out:
        with st.expander(f"Left out ({len(found.left_out)})"):
            rows = [{"File": file, "Reason": reason} for file, reason in found.left_out]
            st.dataframe(rows, hide_index=True, width="stretch")


def _show_table(folder: Path, family: Family | None) -> None:
    if family is not None:
        st.dataframe(teaching.family_rows(family), hide_index=True, width="stretch")


def _show_family(
    folder: Path, key: str, show_people: Callable[[Path, Family | None], None] = _show_table
) -> None:
    family = None
    try:
        family = read_family(folder)
    except KindredError as error:
        st.warning(plain(str(error)), icon=":material/folder_off:")
    else:
        people = count(len(family.photos), "person", "people")
        photos = count(sum(map(len, family.photos.values())), "photo")
        st.markdown(f"**{people}, {photos}**")
    show_people(folder, family)
    if family is None:
        return
    if family.left_out:
        with st.expander(f"Cannot be used ({len(family.left_out)})"):
            rows = [{"File": file, "Reason": reason} for file, reason in family.left_out]
            st.dataframe(rows, hide_index=True, width="stretch")
    if st.button(
        "Learn these people", type="primary", icon=":material/school:", key=f"teach.{key}"
    ):
        start("train", {"folder": str(folder.absolute())})


def _show_last() -> None:
    """What became of the last training, and of naming the library with what it made."""
    last = jobs().latest("train", "renew")
    if last is not None:
        show_ended(last)
    learned = jobs().latest("train")
    if learned is not None:
        _show_learned(learned)


def _show_learned(job: Job) -> None:
    """The accuracy card of what was learned last, until somebody has decided about it."""
    if job.status != DONE:
        return
    model = teaching.find_model(job.result.get("model", ""))
    decided = st.session_state.setdefault("teach.decided", set())
    if model is None or model.current or job.id in decided:
        return
    used = next((m for m in teaching.models() if m.current), None)
    old = used and used.manifest
    with st.container(border=True, key="kd-learned"):
        st.subheader("It has learned")
        with library_in_use() as library:
            known, new = (old or {}).get("people", ()), model.manifest.get("people", ())
            gone = library.people.missing(known, new)
        if gone:
            st.warning(
                f"It does not know {plain(', '.join(gone))} any more, whom the model in use knows.",
                icon=":material/person_off:",
            )
        st.write(plain(comparing.verdict(model.manifest, old)))
        rows = comparing.comparison_rows(model.manifest, old)
        st.dataframe(rows, hide_index=True, width="stretch")
        with st.container(horizontal=True):
            use_it = "secondary" if gone else "primary"
            if st.button("Use this model", type=use_it, icon=":material/check:"):
                _use(model.folder.name)
            if st.button("Keep the old one" if old else "Not yet", icon=":material/close:"):
                decided.add(job.id)
                st.rerun()
        for name in job.result.get("missing", ()):
            st.caption(f":material/warning: Nobody could be learned as {plain(name)}.")
        if left_out := job.result.get("left_out"):
            with st.expander(f"Photos left out of learning ({len(left_out)})"):
                rows = [{"Person": p, "File": f, "Reason": r} for p, f, r in left_out]
                st.dataframe(rows, hide_index=True, width="stretch")
        if job.figures:
            with st.expander("Learning curve"):
                show_curve(job)
        _show_cards(model, used)


def _show_cards(new: KnownModel, used: KnownModel | None) -> None:
    """The accuracy cards, with pictures: of the new model, and of the one in use beside it."""
    if used is None:
        show_card(new.folder, "teach")
        return
    new_tab, used_tab = st.tabs(["New model", "Model in use"])
    with new_tab:
        show_card(new.folder, "teach")
    with used_tab:
        if not show_card(used.folder, "teach"):
            st.caption("This model has no accuracy card: it was made without one.")


def _show_models() -> None:
    known = teaching.models()
    if not known:
        return
    st.subheader(f"Models ({len(known)})")
    for model in known[:20]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.write(plain(model.title))
            if model.current:
                st.badge("in use", icon=":material/check:", color="green")
            elif st.button("Use", key=f"teach.use.{model.folder.name}"):
                _use(model.folder.name)


def _use(name: str) -> None:
    try:
        teaching.use(name)
    except KindredError as error:
        say(str(error), failed=True)
        st.rerun()
    with library_in_use() as library:
        photos = library.counts().photos
    if not photos:
        say("This model is in use now.")
        st.rerun()
    say("This model is in use now, and names everybody in your library. What you confirmed stays.")
    start("renew", {})
