"""Names into files on the page "Folder": how many would get them and where, and taking it back."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence

import streamlit as st

from data.library.intake.keeping import dropped_dir
from data.library.name_writer import Written, write_names
from data.library.views import Entry, LibraryViews
from ui.actions.library.entries import how_many
from ui.actions.library.known_folders import below
from ui.components.jobs.job_view import start
from ui.components.shell.style import plain

_PREVIEWED = 200  # photos looked at for the preview of what writing would change
_CONFIRMED = "folder.confirmed"  # key of the session's state: whether only those names are written


def show_writing(library: LibraryViews, inside: Sequence[Entry], under: str | None) -> None:
    """Writes names beside the photos of a folder, or of all.

    Args:
        inside: What lies in the folder.
        under: The folder; `None` for all.
    """
    kept = os.fspath(dropped_dir(library.home))
    only = st.session_state.get(_CONFIRMED, True)
    named = [entry for entry in inside if entry.names and (entry.confirmed or not only)]
    title = plain(writing_title(named, under, kept))
    with st.expander(title, icon=":material/sell:", key="folder.writing"):
        st.write(
            "Other photo programs then show them. Names and face regions go into a small file "
            "beside each photo and film (photo.jpg.xmp). What other programs wrote is kept, and "
            "everything can be taken back."
        )
        if any(below(entry.path, kept) for entry in inside):
            st.write(
                f"Of photos that you dropped Kindred has copies, in {plain(kept)}: their names go "
                "beside the copies, and the files that you dropped them from get none. Tag the "
                "folder of those to have names beside them, too."
            )
        embed = st.toggle(
            "Write into JPEG files themselves",
            key="folder.embed",
            help="Only the metadata change, no pixel does. Programs that know no sidecars see it.",
        )
        st.toggle("Only names I confirmed", value=True, key=_CONFIRMED)
        if not named:
            st.caption(_why_none(inside))
        with st.container(horizontal=True):
            look = st.button("Show what would change", key="folder.look", icon=":material/preview:")
            if st.button(
                title,
                key="folder.write",
                icon=":material/edit_note:",
                type="primary",
                disabled=not named,
            ):
                paths = [under] if under else []
                start("write", {"paths": paths, "embed": embed, "confirmed_only": only})
            if st.button("Take the last writing back", key="folder.undo", icon=":material/undo:"):
                start("unwrite", {})
        if look:
            # Those that get names first; of others names may be taken away that Kindred wrote.
            read = [entry for entry in (*named, *inside) if entry.photo is not None]
            photos = dict.fromkeys(entry.path for entry in read)
            _show(
                preview_of_writing(library, photos, embed=embed, confirmed_only=only), len(photos)
            )


def writing_title(named: Sequence[Entry], under: str | None, kept: str) -> str:
    """What writing is about: how many photos get names, and where.

    Args:
        named: Those that get names.
        under: The folder in which they lie; `None` for all folders.
        kept: Where photos lie that were dropped.
    """
    where = "in all folders"
    if under is not None:
        where = "that you dropped" if under == kept else f"in {os.path.basename(under) or under}"
    return f"Write names beside {how_many(named)} {where}"


def preview_of_writing(
    library: LibraryViews, photos: Iterable[str], *, embed: bool, confirmed_only: bool
) -> list[Written]:
    """What writing would change, for the first photos; changes nothing."""
    some = itertools.islice(photos, _PREVIEWED)
    written = write_names(library, some, embed=embed, dry_run=True, confirmed_only=confirmed_only)
    return [photo for photo in written if photo.change or photo.error]


def _why_none(inside: Sequence[Entry]) -> str:
    """Why nothing would be written, and what to do."""
    if any(entry.names for entry in inside):
        return (
            "No name in these photos is confirmed yet: say yes to them on the page Review, or "
            "write the others, too."
        )
    return "Nobody in these photos has a name yet: name people on the page Review."


def _show(changes: Sequence[Written], photos: int) -> None:
    """What was found in the first of so many photos."""
    if not changes:
        st.info("Nothing would change: the files say it all already, or no name is confirmed.")
        return
    if photos > _PREVIEWED:
        st.caption(
            f"The first {_PREVIEWED} of {photos:,} photos, those that get names before others:"
        )
    rows = [
        {
            "Photo": os.path.basename(photo.photo),
            "What": photo.error or "; ".join(photo.change.notes),
            "File": ", ".join(edit.path for edit in photo.change.edits) if photo.change else "",
        }
        for photo in changes
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
