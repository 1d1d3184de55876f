"""Films on the pages: walls, review, the player, dropped films, and their way to and from disk."""

from __future__ import annotations

import asyncio
import json
import os

import numpy as np
import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from data.jobs import Jobs
from data.library import Todo, content_of
from data.library.decisions import review_queue as reviewing
from data.library.photos.film_tracks import FilmTracks, TrackTimes
from data.library.views import LibraryViews
from data.media.thumbnails import Thumbnails, Wanted
from tests.app_pages import html, run_page
from tests.films import drawn, paste, write_film
from tests.libraries import MODEL, NETWORK, add_photo, direction, face
from ui.actions.server import film_routes
from ui.pages import find as find_page

RED = np.full((40, 40, 3), (220, 20, 20), np.uint8)


def add_film(library, path, *names):
    """A film of six seconds in which a red square, the face of everybody, is seen from 2 to 4."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def paint(frame, time):
        if 2 <= time < 4:
            paste(frame, RED, 10, 10)

    write_film(path, drawn(6, paint))
    faces = [face(name, 10 + 60 * i, person=i) for i, name in enumerate(names)]
    tracks = [TrackTimes(3.0, ((2.0, 4.0),), direction(i)[None]) for i in range(len(names))]
    status = path.stat()
    return library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns),
        content_of(path.read_bytes()),
        width=320,
        height=240,
        taken=None,
        network=NETWORK,
        faces=faces,
        model=MODEL,
        film=FilmTracks(6.0, tuple(tracks)),
    )


@pytest.fixture
def library(fresh_home):
    with LibraryViews(fresh_home) as library:
        yield library


@pytest.fixture
def film(library):
    return add_film(library, library.home / "trip" / "a.mp4", "Anne", None)


def test_thumbnails_are_of_the_moment(library, film):
    (place,) = library.places([library.films.tracks(film)[0]]).values()
    assert place.time == 3.0 and library.moment_of(film) == 3.0
    store = Thumbnails(library.home)
    at, other = (
        store.make([Wanted(place.path, place.box, 320, 40, time)])[0] for time in (3.0, 5.0)
    )
    import cv2

    middle = [
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[20, 20]
        for content in (at, other)
    ]
    assert middle[0][2] > 150 and middle[1][2] < 100  # BGR: red, and green


def test_find_shows_films_beside_photos_with_a_play_mark(library, film):
    add_photo(library, library.home / "trip" / "b.jpg", [face("Anne")])
    app = run_page("find", **{"with": "Anne"})
    assert not app.exception and "▶ 0:06" in html(app) and "1 photo, 1 film" in html(app)
    entries = find_page.find(library, ["Anne"], [], None)
    assert sorted(entry.duration or 0 for entry in entries) == [0, 6.0]


def test_review_asks_once_a_track_and_its_face_leads_to_the_moment(library, film):
    faces = [q.faces for q in reviewing.questions(library) if q.name == "Anne"]
    assert faces == [(library.films.tracks(film)[0],)]
    app = run_page("review")
    assert app.title[0].value == "Is this Anne?"
    assert "▶ 0:03" in html(app) and 'data-at="3.0"' in html(app)


def test_the_viewer_plays_a_film_from_the_moment_and_lists_the_times(library, film):
    app = run_page("find", photo=film, at=3.0)
    shown = html(app)
    assert not app.exception and f'src="films/{film}#t=3.0"' in shown
    assert 'data-seek="3.0"' in shown and "0:02–0:04" in shown
    assert "draw a box" not in shown


def test_a_film_is_named_like_a_photo(library, film):
    from ui.actions.library.deciding import decide, face_keys

    shown = library.shown(film)
    stranger = next(i for i, f in enumerate(shown.tags.faces) if f.name is None)
    key = face_keys(shown.tags.faces)[stranger]
    decide(library, film, shown, {"do": "name", "face": key, "value": "Mia"})
    people = {person.name for person in library.films.tags(film, "a.mp4").people}
    assert people == {"Anne", "Mia"}


def request(method="GET", path="", *, headers=(), query="", body=(), **params):
    """A request, its body in pieces."""
    pieces = list(body)
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "path_params": params,
        "headers": [(b"host", b"localhost:8501"), *headers],
    }

    async def receive():
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    return Request(scope, receive)


OURS = ((b"x-kindred", b"film"), (b"sec-fetch-site", b"same-origin"))


def upload(name, pieces, headers=OURS):
    return asyncio.run(
        film_routes.keep_film(
            request("POST", "/films", headers=headers, query=f"name={name}", body=pieces)
        )
    )


def test_uploaded_films_go_to_disk_in_pieces(fresh_home):
    pieces = [bytes([i]) * 1000 for i in range(50)]
    answer = upload("beach.mp4", pieces)
    path = json.loads(answer.body)["path"]
    assert answer.status_code == 200 and os.path.basename(path) == "beach.mp4"
    with open(path, "rb") as file:
        assert file.read() == b"".join(pieces)
    assert json.loads(upload("beach.mp4", pieces).body)["path"] == path  # the same film again
    left = [name for _, _, names in os.walk(fresh_home / "photos") for name in names]
    assert left == ["beach.mp4"]


def test_what_is_too_large_or_no_film_or_from_elsewhere_is_refused(fresh_home, monkeypatch):
    monkeypatch.setattr(film_routes, "LARGEST_UPLOAD", 2500)
    assert upload("a.mp4", [bytes(1000)] * 3).status_code == 413
    assert upload("a.exe", [b"x"]).status_code == 415
    assert upload("..%2F..%2Fa.mp4", [b"x"]).status_code == 200
    assert upload("a.mp4", [b"x"], headers=()).status_code == 403
    other = ((b"x-kindred", b"film"), (b"sec-fetch-site", b"cross-site"))
    assert upload("a.mp4", [b"x"], headers=other).status_code == 403
    left = [name for _, _, names in os.walk(fresh_home) for name in names]
    assert left == ["a.mp4"]


def test_only_films_of_the_library_are_sent_and_only_to_the_pages(library, film):
    photo = add_photo(library, library.home / "b.jpg", [])
    sent = film_routes.send_film(request(photo=film))
    assert sent.status_code == 200 and str(sent.path).endswith("a.mp4")
    assert sent.media_type == "video/mp4"
    for number, headers, status in (
        (photo, (), 404),
        (film + 50, (), 404),
        (film, ((b"sec-fetch-site", b"cross-site"),), 403),
    ):
        assert film_routes.send_film(request(photo=number, headers=headers)).status_code == status
    elsewhere = request(photo=film)
    elsewhere.scope["headers"][0] = (b"host", b"evil.example:8501")
    import streamlit as st

    if st.get_option("server.allowedHosts"):
        assert film_routes.send_film(elsewhere).status_code == 403


def test_a_dropped_film_is_watched_by_a_job_and_shown_as_a_strip(library, monkeypatch):
    started = []
    monkeypatch.setattr(Jobs, "start", lambda self, kind, args: started.append((kind, args)))

    def run(path):
        from data.home import home
        from data.library.views import LibraryViews
        from ui.components.photos import dropped_films

        dropped_films.act_on_films({"do": "film", "path": path})
        with LibraryViews(home()) as library:
            dropped_films.show_films(library)

    path = library.home / "photos" / "x" / "a.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"film")
    app = AppTest.from_function(run, kwargs={"path": str(path)}, default_timeout=30).run()
    assert not app.exception and started == [("tag", {"paths": [str(path)]})]
    assert "Waiting to be watched" in html(app)
    add_film(library, path, "Anne", None)
    shown = html(app.run())
    assert (
        len(started) == 1 and "Anne" in shown and "0:02-0:04" in shown and 'data-at="2.0"' in shown
    )
    outside = AppTest.from_function(run, kwargs={"path": "/etc/hostname"}, default_timeout=30).run()
    assert "hostname" not in html(outside)
