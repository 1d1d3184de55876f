"""Films between browser and disk, piece by piece: none is ever held whole in memory.

    GET  /films/<number>      a film of the library, any part of it, for the browser's own player
    POST /films?name=<name>   the bytes of a film; answers with the path of the copy that is kept

The pages have no login, so both answer only to these pages themselves: by `Sec-Fetch-Site`, which
browsers set and pages cannot, by the host's name, and the second one by a header that pages of
other sites may not send.
"""

from __future__ import annotations

import os
import tempfile
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from data.errors import KindredError
from data.home import home
from data.library.intake.keeping import dropped_dir, place_of_file
from data.library.views import LibraryViews
from data.media.kinds import is_film_name

LARGEST_UPLOAD = 2 << 30  # bytes
_TYPES = {".mov": "video/mp4", ".m4v": "video/mp4", ".mkv": "video/webm"}  # as browsers play them
_SAME = ("same-origin", "none")


def send_film(request: Request) -> Response:
    """A film of the library by its number; parts of it as the player asks for them."""
    if not _is_ours(request):
        return PlainTextResponse("not for other sites", 403)
    try:
        with LibraryViews(home(), compare_later=True) as library:
            number = int(request.path_params["photo"])
            is_film = library.films.duration(number) is not None
            paths = library.photos.paths(number) if is_film else []
    except KindredError as error:
        return PlainTextResponse(str(error), 500)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return PlainTextResponse("the film is gone", 404)
    return FileResponse(path, media_type=_TYPES.get(path.suffix.lower()))


async def keep_film(request: Request) -> Response:
    """Writes an uploaded film to disk as it comes; all of it is kept, or nothing."""
    name = os.path.basename(request.query_params.get("name", "").replace("\\", "/"))
    if not _is_ours(request) or request.headers.get("x-kindred") != "film":
        return PlainTextResponse("not for other sites", 403)
    if not is_film_name(name):
        return PlainTextResponse(f"{name}: this is not a film of a kind that is read.", 415)
    folder = dropped_dir(home())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".film-", delete=False) as file:
            try:
                size = 0
                async for piece in request.stream():
                    size += len(piece)
                    if size > LARGEST_UPLOAD:
                        what = f"{name}: more than {LARGEST_UPLOAD >> 30} GB. Tag its folder."
                        return PlainTextResponse(what, 413)
                    file.write(piece)
                file.close()
                place = await run_in_threadpool(place_of_file, home(), file.name, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                if not place.exists():
                    os.replace(file.name, place)
            finally:
                file.close()
                if os.path.exists(file.name):
                    os.unlink(file.name)
    except ClientDisconnect:
        return PlainTextResponse("broken off", 400)
    except OSError as error:
        refused = KindredError.unwritable("it cannot be kept", error, file=name)
        return PlainTextResponse(str(refused), 507)
    return JSONResponse({"path": os.fspath(place)})


ROUTES = (
    Route("/films/{photo:int}", send_film),
    Route("/films", keep_film, methods=["POST"]),
)


def _is_ours(request: Request) -> bool:
    allowed = st.get_option("server.allowedHosts")
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    named = not allowed or host in {one.strip("[]").lower() for one in allowed}
    return named and request.headers.get("sec-fetch-site", "none") in _SAME
