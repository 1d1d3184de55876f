"""Reading the face regions of a photo from wherever other programs put them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from data.errors import PhotoError
from data.names import clean_name
from data.regions import sidecar
from data.regions.embedded import Embedded, read_embedded
from data.regions.matching import Face, combine, in_one_frame, leader
from data.regions.picasa import read_picasa
from data.regions.region import Region
from data.regions.xmp import packet as xmp
from data.regions.xmp import vocabularies
from data.regions.xmp.provenance import Record

OnProblem = Callable[[PhotoError], object]


def read_regions(
    photo_path: str | os.PathLike, on_problem: OnProblem | None = None
) -> list[Region]:
    """Reads the faces that a photo's metadata describe.

    Looks in `photo.xmp`, `photo.jpg.xmp`, the photo itself and `.picasa.ini`, and in each for
    MWG-RS, Microsoft and IPTC regions. A face that several describe is returned once, as the
    first of them that has a name for it, other programs' names before ours. A list whose boxes are
    in the wrong frame is recognised by the others, and a name that one list has given is given by
    no other. MWG regions made for a picture of another shape (it was cropped since) are left out,
    and so are boxes that no reader may use.

    Args:
        photo_path: A photo in any format that Kindred reads; only its header is decoded.
        on_problem: Called for each of the files that cannot be read, or is hostile; the others
            are read all the same.

    Returns:
        The regions, boxes in the displayed frame (0..1); empty if there are none.

    Raises:
        PhotoError: The photo's header cannot be read; or, without `on_problem`, nothing was found
            and a sidecar, the embedded packet or Picasa's notes cannot be read, or are hostile.
            `error.file` says which.
    """
    photo = os.path.abspath(os.fsdecode(photo_path))
    problems: list[PhotoError] = []
    embedded = read_embedded(photo)
    lists, marks = [], []  # faces, and for each list where it comes from and what is ours there
    for place, packet in _packets(photo, embedded, problems):
        try:
            found = vocabularies.faces(packet, embedded.frame)
        except PhotoError as error:
            problems.append(error)
            continue
        lists += found
        marks += [(place, Record(packet))] * len(found)
    try:
        lists.append(read_picasa(photo))
    except PhotoError as error:
        problems.append(error)
    sources, ours, order = {}, set(), {}
    upright = in_one_frame(lists, embedded.frame)
    for number, (faces, written) in enumerate(zip(upright, lists, strict=True)):
        order.update((face, number) for face in faces)
        if number < len(marks):
            place, record = marks[number]
            sources.update((face, f"{place}/{face.vocabulary}") for face in faces)
            ours.update(face for face, old in zip(faces, written, strict=True) if record.owns(old))
    faces = [leader(_by_others(group, ours) or group) for group in combine(upright)]
    regions = [
        Region(
            face.name,
            embedded.frame.displayed(face.box),
            source=sources.get(face, face.source),
            ours=face in ours,
        )
        for face in _once(faces, lambda face: (face in ours, order[face]))
    ]
    for error in problems:
        if on_problem is not None:
            on_problem(error)
        elif not regions:
            raise error
    return regions


def _packets(
    photo: str, embedded: Embedded, problems: list[PhotoError]
) -> Iterator[tuple[str, xmp.Packet]]:
    for _, _, packet in sidecar.existing(photo, problems.append):
        yield "sidecar", packet
    for data in (embedded.packet, embedded.extension):
        if data:
            try:
                packet = xmp.parse(data, photo)
            except PhotoError as error:
                problems.append(error)
            else:
                yield "embedded", packet


def _once(faces: list[Face], rank: Callable[[Face], tuple]) -> list[Face]:
    """Without the faces whose name a list of better rank has given to another one.

    One list may name somebody twice: on a collage, or in a mirror.
    """
    best: dict[str, tuple] = {}
    for face in faces:
        if face.name is not None:
            key = clean_name(face.name)
            best[key] = min(best.get(key, rank(face)), rank(face))
    return [f for f in faces if f.name is None or rank(f) == best[clean_name(f.name)]]


def _by_others(group: list[Face], ours: set[Face]) -> list[Face]:
    return [face for face in group if face.name is not None and face not in ours]
