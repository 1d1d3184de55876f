"""The page "Family": who is on photos of which year and with whom, and faces through the years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from data.home import home
from data.library import PersonSummary
from data.library.people.family_map import FamilyMap, next_birthdays
from data.library.views import LibraryViews
from data.media.fonts import can_draw
from data.media.thumbnails import Thumbnails
from data.words import count
from ui.actions.family import pages, through_years
from ui.actions.family.drawing import as_file
from ui.actions.family.graph_layout import Graph, graph_of
from ui.actions.family.timeline import MOST, timeline_of
from ui.actions.library.library_in_use import library_in_use
from ui.components.family import parts
from ui.components.photos.viewer import open_viewer
from ui.components.photos.wall import day, empty_html, face_wanted, person_caption, run_again_soon
from ui.components.shell.live import live
from ui.components.shell.style import plain
from ui.components.shell.templates import render
from ui.pages.photo import show_library_viewer

OF = "of"  # whose faces are shown: in the address, by name
_SECONDS = 0.8  # for making pictures before the page is shown with what there is
_BIRTHDAYS = 4
_ON_THE_WALL = 30
_UNDATED = 12  # faces of somebody of whom no photo has a date
_SHOWN, _PRINTED = 320, 640  # pixels, side of a picture on the wall
_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg"}


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-family"), library_in_use() as library:
        st.title("Family", anchor=False)
        family, graph = _read(library.stamp(), library)
        if not family.people:
            st.html(
                empty_html(
                    "Nobody is on the map yet",
                    "Name a few people, and this page shows who is on how many photos of which "
                    "year, who with whom, and everybody's face through the years.",
                    ("people", "Name people")
                    if library.has_photos()
                    else ("folder", "Tag a folder"),
                )
            )
            return
        pictures = portraits(library, family)
        _show_years(family, pictures)
        _show_company(family, graph, pictures)
        draw = partial(map_pages, family, graph, pictures)
        _show_downloads("the map", "Map of the family", "family", draw)
        _say_what_no_font_has(family.people[:MOST])
        seen = _show_person(library, family)
        show_library_viewer(dict.fromkeys(one.photo for one in seen))


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(stamp: tuple, _library: LibraryViews) -> tuple[FamilyMap, Graph]:
    """What is on the map, and where; kept until the library changes."""
    family = _library.overview.family_map()
    return family, graph_of(family)


def portraits(library: LibraryViews, family: FamilyMap) -> dict[int, bytes | None]:
    """A JPEG of everybody's face by person; `None` where it is still being made."""
    people = family.people[:MOST]
    places = library.places(person.key_face for person in people if person.key_face)
    wanted = [face_wanted(places.get(person.key_face)) for person in people]
    made = Thumbnails(home()).many(wanted, _SECONDS)
    if None in made:
        run_again_soon()
    return dict(zip((person.id for person in people), made, strict=True))


def _show_years(family: FamilyMap, portraits: dict[int, bytes | None]) -> None:
    timeline = timeline_of(family)
    years = "–".join(dict.fromkeys(map(str, family.span or ())))
    people = f"{len(family.people):,} {'person' if len(family.people) == 1 else 'people'}"
    st.html(render("lead.html", text=f"{people} on your photos{years and f', {years}'}."))
    if family.span:
        st.header("Through the years", anchor=False)
    pictures = [portraits[row.person.id] for row in timeline.rows]
    live(parts.timeline_html(timeline, pictures), key="family.years", on_act=choose)
    said = []
    if not family.span:
        said.append("No photo has a date, so there are no years to show")
    elif timeline.undated:
        said.append(count(timeline.undated, "person has", "people have") + " photos without a date")
    if timeline.more:
        said.append(f"{timeline.more:,} more on fewer photos")
    if said:
        st.html(render("facts_line.html", facts=said))


def _show_company(family: FamilyMap, graph: Graph, portraits) -> None:
    if not graph.lines:
        return
    st.header("Who with whom", anchor=False)
    names = {person.id: person.name for person in family.people}
    pictures = [portraits[family.people[node.place].id] for node in graph.nodes]
    live(parts.company_html(family, graph, pictures), key="family.company", on_act=choose)
    most = [parts.pair_text(names[a], names[b], n) for a, b, n in family.pairs[:4]]
    st.html(render("facts_line.html", facts=most))


def _show_person(library: LibraryViews, family: FamilyMap) -> list[through_years.Moment]:
    """The faces of one person in a row, and on a wall; returns what is shown."""
    st.html(render("anchor.html", id="kd-chosen"))
    _show_birthdays(family)
    names = [person.name for person in family.people]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Whose faces", names, key=OF, bind="query-params", width=260)
    person = family.people[names.index(name)]
    stamp = library.stamp()
    years = _moments(stamp, library, person, *_years_of(family, person))
    has_years = any(one.year for one in years)
    title = (
        f"{plain(person.name)} through the years" if has_years else f"Faces of {plain(person.name)}"
    )
    st.header(title, anchor=False)
    small = [face_wanted(one.place) for one in years]
    pictures = Thumbnails(home()).many(small, _SECONDS)
    live(parts.row_html(person.name, years, pictures), key=f"family.row.{person.id}", on_act=_open)
    wall = _moments(stamp, library, person, _ON_THE_WALL)
    on_wall = through_years.wall_pictures(wall, _SHOWN, _SECONDS)
    if None in (*pictures, *on_wall):
        run_again_soon()
    st.header(f"A wall for {plain(person.name)}", anchor=False)
    live(parts.wall_html(person.name, wall, on_wall), key=f"family.wall.{person.id}", on_act=_open)
    file = f"{person.name} through the years"
    draw = partial(wall_pages, person, wall)
    _show_downloads("the wall", file, f"wall.{person.id}", draw)
    return [*years, *wall]


@st.cache_resource(max_entries=20, show_spinner=False)
def _moments(
    stamp: tuple, _library: LibraryViews, person: PersonSummary, most: int, dated: bool = False
) -> list[through_years.Moment]:
    """Faces of somebody, kept until the library changes."""
    found = through_years.moments(_library, person, most)
    return [one for one in found if one.year or not dated]


def _years_of(family: FamilyMap, person: PersonSummary) -> tuple[int, bool]:
    """How many faces give one for each year, and whether those without a date are left out."""
    years = len(family.years[person.id])
    return (years + (person.id in family.undated), True) if years else (_UNDATED, False)


def _show_birthdays(family: FamilyMap) -> None:
    coming = next_birthdays(family.people, date.today())[:_BIRTHDAYS]
    if coming:
        said = [
            (one.person.id, one.person.name, f"{one.age} on {day(one.day.isoformat())}")
            for one in coming
        ]
        html = render("together.html", said="Next birthdays", people=said)
        live(html, key="family.birthdays", on_act=choose)


def _show_downloads(what: str, title: str, key: str, draw) -> None:
    """Saves pages as a picture or as a PDF; they are drawn when somebody asks for them."""
    with st.container(horizontal=True):
        for kind, label, icon in (("jpg", "picture", "image"), ("pdf", "PDF", "picture_as_pdf")):
            st.download_button(
                f"Save {what} as {label}",
                lambda kind=kind: as_file(draw(), kind),
                f"{title}.{kind}",
                _TYPES[kind],
                key=f"family.{key}.{kind}",
                on_click="ignore",
                icon=f":material/{icon}:",
            )


def _say_what_no_font_has(people: Sequence[PersonSummary]) -> None:
    """Names that the saved pictures cannot show; the browser finds fonts of its own."""
    if names := [person.name for person in people if not can_draw(person.name)]:
        st.caption(
            f":material/font_download_off: No font on this computer has all letters of "
            f"{plain(', '.join(names))}: boxes stand for them in what is saved."
        )


def map_pages(family: FamilyMap, graph: Graph, portraits: dict[int, bytes | None]) -> list:
    """The pages that are saved of the map: the years, and who is with whom."""
    drawn = pages.pages_of_years(timeline_of(family), portraits)
    if graph.lines:
        people = [family.people[node.place] for node in graph.nodes]
        names = [person.name for person in people]
        pictures = [portraits[person.id] for person in people]
        drawn.append(pages.page_of_company(graph, names, pictures))
    return drawn


def wall_pages(person: PersonSummary, faces: Sequence[through_years.Moment]) -> list:
    """The page that is saved of one person: a wall of faces."""
    pictures = through_years.wall_pictures(faces, _PRINTED)
    return [pages.birthday_page(person.name, person_caption(person), faces, pictures)]


def choose(act: dict) -> bool:
    """Shows the faces of a person who was clicked."""
    with library_in_use() as library:
        st.session_state[OF] = library.people.get(int(act["id"])).name
    return True


def _open(act: dict) -> bool:
    return open_viewer(act["photo"], act.get("at"))
