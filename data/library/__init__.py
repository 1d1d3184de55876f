"""The photo library: an index that never loses a decision.

It is plain `sqlite3`, because the statements are the design (partial indices, views, pragmas,
exact transactions) and SQLAlchemy Core would only spell them differently.

    storage/      the file: tables, migrations, transactions
    photos/       files, folders, the faces and film tracks found in them; search
    people/       people and their names
    decisions/    what people decided, and its journal
    recognition/  what a model and the named faces say of the others
    groups/       unknown faces put together
    intake/       how photos come in
    views.py      the library as pages look at it; `library.py` holds the parts together

    with Library(home) as library:
        for file in library.photos.todo(paths, network): ...
        library.decisions.confirm(face, "Anne")
        library.find(with_=["Anne"], since=2019)
"""

from data.library.decisions.decisions import Decision
from data.library.decisions.forget import Forgotten
from data.library.groups.groups import Group
from data.library.library import Library
from data.library.people.people import PersonSummary
from data.library.photos.photo_faces import Face
from data.library.photos.photo_index import Todo, content_of
from data.library.recognition.suggestions import Name

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
