"""The photo library: an index that never loses a decision.

It is plain `sqlite3`, because the statements are the design (partial indices, views, pragmas,
exact transactions) and SQLAlchemy Core would only spell them differently.

    with Library(home) as library:
        for file in library.photos.todo(paths, network): ...
        library.decisions.confirm(face, "Anne")
        library.find(with_=["Anne"], since=2019)
"""

from data.library.decisions.decisions import Decision
from data.library.decisions.forget import Forgotten
from data.library.faces import Face
from data.library.groups.groups import Group
from data.library.library import Library
from data.library.people import PersonSummary
from data.library.photo_index import Todo, content_of
from data.library.suggestions import Name

__all__ = [
    "Decision",
    "Face",
    "Forgotten",
    "Group",
    "Library",
    "Name",
    "PersonSummary",
    "Todo",
    "content_of",
]
