"""The SQL tables and views of the library, one script for each schema version."""

from __future__ import annotations

import numpy as np

from data.media.quality import face_quality

APPLICATION_ID = 0x4B494E44  # "KIND": tells our file from another program's database

# Paths are bytes (`os.fsencode`), because a file name need not be valid text.
# `people.merged_into` and `aliases` are looked up when a name is asked for, so that merging and
# renaming change one row and are undone by changing it back.
_VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    width INTEGER NOT NULL, height INTEGER NOT NULL,  -- pixels of the upright photo
    taken TEXT,                                       -- ISO 8601 local capture time, if known
    network TEXT NOT NULL,                            -- made the faces of this photo
    model TEXT                                        -- named them last; NULL: nobody was asked
);
CREATE TABLE contents (
    content BLOB PRIMARY KEY,                         -- SHA-256 of the file's bytes
    photo INTEGER NOT NULL REFERENCES photos(id)
);
CREATE INDEX contents_photo ON contents(photo);
CREATE TABLE paths (
    path BLOB PRIMARY KEY,
    photo INTEGER REFERENCES photos(id),              -- NULL: it could not be read
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    error TEXT,
    missing INTEGER NOT NULL DEFAULT 0,
    labels INTEGER NOT NULL DEFAULT 0                 -- state of other programs' notes when read
);
CREATE INDEX paths_photo ON paths(photo);

CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,                               -- as typed
    name_key TEXT NOT NULL,                           -- NFC, for comparison
    ignored INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES people(id)         -- always a person who is not merged
);
CREATE UNIQUE INDEX people_live ON people(name_key) WHERE merged_into IS NULL;
CREATE INDEX people_merged ON people(name_key) WHERE merged_into IS NOT NULL;
CREATE TABLE aliases (                                -- former names, as older models say them
    name_key TEXT PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people(id)
);

CREATE TABLE groups (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE faces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo INTEGER NOT NULL REFERENCES photos(id),
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
    landmarks BLOB,                                   -- little-endian float32 [5, 2]
    score REAL NOT NULL,
    embedding BLOB,                                   -- little-endian float32 [D], unit length
    network TEXT NOT NULL,                            -- made the embedding
    unknown REAL,                                     -- the model's probability that it is nobody
    by_hand INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0,             -- never embedded or suggested again
    group_id INTEGER REFERENCES groups(id),
    person INTEGER REFERENCES people(id),             -- confirmed by a decision
    ignored INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX faces_photo ON faces(photo);
CREATE INDEX faces_person ON faces(person) WHERE person IS NOT NULL;
CREATE INDEX faces_group ON faces(group_id) WHERE group_id IS NOT NULL;
CREATE TABLE rejections (
    face INTEGER NOT NULL REFERENCES faces(id),
    person INTEGER NOT NULL REFERENCES people(id),
    PRIMARY KEY (face, person)
) WITHOUT ROWID;
CREATE INDEX rejections_person ON rejections(person);
CREATE TABLE suggestions (
    face INTEGER NOT NULL REFERENCES faces(id) ON DELETE CASCADE,
    rank INTEGER NOT NULL,                            -- 0 is the model's first choice
    name_key TEXT NOT NULL,
    confidence REAL NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (face, rank)
) WITHOUT ROWID;
CREATE INDEX suggestions_name ON suggestions(name_key);

CREATE TABLE decisions (                              -- the journal: rows are only added
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,                                 -- ISO 8601, UTC
    of INTEGER REFERENCES decisions(id)               -- what an undo or redo is about
);
CREATE INDEX decisions_of ON decisions(of) WHERE of IS NOT NULL;
CREATE TABLE changes (
    decision INTEGER NOT NULL REFERENCES decisions(id),
    seq INTEGER NOT NULL,
    tbl TEXT NOT NULL,
    key TEXT NOT NULL,                                -- JSON list
    before TEXT, after TEXT,                          -- JSON object; NULL: no such row
    PRIMARY KEY (decision, seq)
) WITHOUT ROWID;
CREATE INDEX changes_row ON changes(tbl, key);

CREATE VIEW candidates AS                             -- what models say, as people of today
SELECT s.face, s.rank, s.confidence, s.model, COALESCE(p.merged_into, p.id) AS person
FROM suggestions s JOIN people p ON p.id = COALESCE(
    (SELECT id FROM people WHERE name_key = s.name_key AND merged_into IS NULL),
    (SELECT MAX(id) FROM people WHERE name_key = s.name_key AND merged_into IS NOT NULL),
    (SELECT person FROM aliases WHERE name_key = s.name_key));

CREATE VIEW named_faces AS                            -- the name that counts: one row a face
SELECT f.id AS face, f.photo, COALESCE(p.merged_into, p.id) AS person,
       1 AS confirmed, 1.0 AS confidence, NULL AS model
FROM faces f JOIN people p ON p.id = f.person
WHERE f.ignored = 0
UNION ALL
SELECT face, photo, person, 0, confidence, model FROM (
    SELECT c.face, f.photo, c.person, c.confidence, c.model,
           ROW_NUMBER() OVER (PARTITION BY f.photo, c.face ORDER BY c.rank) AS nth
    FROM candidates c JOIN faces f ON f.id = c.face
    WHERE f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0 AND NOT EXISTS (
        SELECT 1 FROM rejections r JOIN people q ON q.id = r.person
        WHERE r.face = c.face AND COALESCE(q.merged_into, q.id) = c.person))
WHERE nth = 1;
"""

# NULL: nobody measured it. Of faces that are there already, size and pose are known.
_VERSION_2 = """
ALTER TABLE faces ADD COLUMN quality REAL;            -- 0..1, see data.media.quality
UPDATE faces SET quality = quality_of(x0, y0, x1, y1, landmarks) WHERE by_hand = 0;
"""

# A film is a photo with a length; a track is a face of it with times, in seconds.
_VERSION_3 = """
CREATE TABLE films (
    photo INTEGER PRIMARY KEY REFERENCES photos(id),
    duration REAL NOT NULL                            -- seconds
);
CREATE TABLE tracks (
    face INTEGER PRIMARY KEY REFERENCES faces(id) ON DELETE CASCADE,
    time REAL NOT NULL,                               -- of the key face
    spans TEXT NOT NULL,                              -- JSON: [[from, to], ...]
    examples BLOB                                     -- little-endian float32 [M, D]
);
"""

# Names have one form (`data.names.clean_name`); a key that would meet another one stays as it is.
# `said` are names that somebody gave to a photo, and nobody knows for which of its faces.
_VERSION_4 = """
UPDATE OR IGNORE people SET name_key = clean_name(name_key), name = clean_name(name);
UPDATE OR IGNORE aliases SET name_key = clean_name(name_key);
UPDATE suggestions SET name_key = clean_name(name_key);
CREATE TABLE said (
    photo INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
    path BLOB NOT NULL,                               -- the file beside which it was said
    name TEXT NOT NULL,
    source TEXT NOT NULL,                             -- which program, for a person
    former INTEGER,                                   -- a photo from which the name comes
    PRIMARY KEY (photo, path, name)
) WITHOUT ROWID;
CREATE INDEX said_path ON said(path);
"""

# What the confirmed faces say of the others (`data.library.recognition`), made anew from the rest.
# Its rows must never keep a person alive, so they go with the person. `asked_faces` are those of
# whom somebody may be asked "Is this Anne?": suggested names, and what is too unsure for a name.
_VERSION_5 = """
CREATE TABLE recognised (
    face INTEGER PRIMARY KEY REFERENCES faces(id) ON DELETE CASCADE,
    person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    confidence REAL NOT NULL,
    named INTEGER NOT NULL                            -- 1: the name is given, 0: it is asked about
);
CREATE INDEX recognised_person ON recognised(person);

DROP VIEW named_faces;
CREATE VIEW named_faces AS                            -- the name that counts: one row a face
SELECT f.id AS face, f.photo, COALESCE(p.merged_into, p.id) AS person,
       1 AS confirmed, 1.0 AS confidence, NULL AS model
FROM faces f JOIN people p ON p.id = f.person
WHERE f.ignored = 0
UNION ALL
SELECT f.id, f.photo, COALESCE(p.merged_into, p.id), 0, q.confidence, 'library'
FROM faces f JOIN recognised q ON q.face = f.id JOIN people p ON p.id = q.person
WHERE q.named = 1 AND f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0
UNION ALL
SELECT face, photo, person, 0, confidence, model FROM (
    SELECT c.face, f.photo, c.person, c.confidence, c.model,
           ROW_NUMBER() OVER (PARTITION BY f.photo, c.face ORDER BY c.rank) AS nth
    FROM candidates c JOIN faces f ON f.id = c.face
    WHERE f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0
        AND NOT EXISTS (SELECT 1 FROM recognised q WHERE q.face = c.face AND q.named = 1)
        AND NOT EXISTS (
            SELECT 1 FROM rejections r JOIN people q ON q.id = r.person
            WHERE r.face = c.face AND COALESCE(q.merged_into, q.id) = c.person))
WHERE nth = 1;
CREATE VIEW asked_faces AS
SELECT face, photo, person, confidence, model FROM named_faces WHERE confirmed = 0
UNION ALL
SELECT q.face, f.photo, COALESCE(p.merged_into, p.id) AS person, q.confidence, 'library'
FROM recognised q JOIN faces f ON f.id = q.face JOIN people p ON p.id = q.person
WHERE q.named = 0 AND f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0
    AND NOT EXISTS (SELECT 1 FROM named_faces n WHERE n.face = f.id AND n.photo = f.photo)
    AND NOT EXISTS (SELECT 1 FROM rejections r JOIN people o ON o.id = r.person
        WHERE r.face = q.face AND COALESCE(o.merged_into, o.id) = COALESCE(p.merged_into, p.id));
"""

# Files and folders that somebody took out of the library: a walk from above leaves them out.
_VERSION_6 = """
CREATE TABLE removed (path BLOB PRIMARY KEY) WITHOUT ROWID;
"""

# What somebody says of a person beside the name, and who are said to be two people.
_VERSION_7 = """
CREATE TABLE about_people (
    person INTEGER PRIMARY KEY REFERENCES people(id) ON DELETE CASCADE,
    born TEXT,                                        -- year, month or day: 1950, 1950-07, ...
    key_face INTEGER                                  -- chosen by hand; counts while it is theirs
);
CREATE TABLE two_people (
    one INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,  -- the larger id
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
"""

# Faces in model folders that teach nobody any more, as their person was forgotten.
_VERSION_8 = """
CREATE TABLE untaught (
    model TEXT NOT NULL,                              -- id of the model
    digest BLOB NOT NULL,                             -- SHA-256 of the embedding
    PRIMARY KEY (model, digest)
) WITHOUT ROWID;
"""

_VERSIONS = (
    *(_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4),
    *(_VERSION_5, _VERSION_6, _VERSION_7, _VERSION_8),
)
MIGRATIONS: dict[int, str] = dict(enumerate(_VERSIONS, start=1))
"""SQL that leads to each version from the one before; the highest is what this code writes."""


def quality_of(x0: float, y0: float, x1: float, y1: float, landmarks: bytes | None) -> float | None:
    """The SQL function of that name: a face's quality by its box and its landmarks alone."""
    points = np.frombuffer(landmarks or b"", "<f4")
    if points.size != 10:
        return None
    return float(face_quality([[x0, y0, x1, y1]], points).min())
