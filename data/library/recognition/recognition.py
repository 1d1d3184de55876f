"""Names teach: every confirmed face is a reference from that moment on.

After a decision the faces that nobody has decided about are compared with the confirmed ones and
with those that the model in use learned from folders, from stored embeddings. What comes out is in
the table `recognised`, made anew from the decisions in force and from that model: it depends on
them alone, and not on the way that led there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from data.library.people.person_names import find_meant, name_of, name_today
from data.library.photos.film_tracks import scenes
from data.library.photos.photo_faces import CLEAR, embeddings_of, stacked
from data.library.recognition.confirmed_faces import ConfirmedFace, read_confirmed_faces
from data.library.recognition.model_faces import ModelFaces
from data.library.recognition.reference_classifier import ReferenceClassifier
from data.library.recognition.references import networks_with_references, read_references
from data.library.storage.database import Connection, transaction
from data.recognition.calibration import Calibration, calibrate
from data.recognition.config import HeadConfig
from data.recognition.impostors import measure_impostors
from data.recognition.leave_one_out import leave_one_out
from data.recognition.mean_head import usual_photos
from data.recognition.nearest import Nearest, log_odds, nearest_of
from data.recognition.scoring import HeadState
from data.recognition.spaces import space_of
from data.recognition.taught_faces import TaughtFace

FALSE_NAMES = 0.01  # share of strangers that may get a name unasked
# Of the probability from which a name is given, what is enough to ask "Is this Anne?".
QUESTION = 0.4
# Decimals of a probability that are kept: what a further decision moves less is not written anew.
_DECIMALS = 3
RESEMBLANCE = 0.1  # probability from which a group is likely somebody who is known
_ASKED = 48  # faces of a group, the clearest, whose mean is compared

_OUTDATED = "outdated"  # instead of a state, until everything is compared anew
_OPEN = "f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0 AND f.embedding IS NOT NULL"


_Found = tuple[int, float, int]
"""Who a face is taken for, how surely, and whether that is its name."""


class Recognition:
    """Keeps `recognised` up to date.

    Every decision is followed by a comparison of all open faces, which in a library of 60,000 takes
    a good part of a second. With `later` it is not: the photos that are shown are compared
    (`look_at_shown`), and the rest by whoever opens the library without `later`
    (`data.library.comparing`). Until then a note in the library says that it is behind.

    Args:
        db: Its `decided` says whether something was decided in the transaction that ends.
        later: Whether comparing all faces is left to others.
    """

    def __init__(self, db: Connection, *, later: bool = False):
        self._db, self._later = db, later
        self._taught = ModelFaces(db)
        self._classifiers: tuple[str, dict[str, ReferenceClassifier]] = ("", {})
        db.before_commit = self._follow
        if not later:
            self.catch_up()

    @property
    def is_behind(self) -> bool:
        """Whether something was decided since all faces were compared."""
        return self._noted() != self._state()

    def look_at_shown(self, *photos: int) -> None:
        """Compares the faces of photos if they may not have been since the last decision."""
        if self.is_behind:
            self.look_at(*photos)

    def look_at_shown_faces(self, faces: Iterable[int]) -> bool:
        """The same of the photos of some faces.

        Returns:
            Whether any of these is taken for somebody else now, or more or less surely.
        """
        if not self.is_behind or not (shown := list(faces)):
            return False
        photos = self._db.execute(
            "SELECT DISTINCT photo FROM faces WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(shown),),
        )
        return not self.look_at(*(photo for (photo,) in photos)).isdisjoint(shown)

    def catch_up(self) -> None:
        """Compares anew if something was decided since, or another model or network is in use."""
        noted = self._noted()
        if noted == _OUTDATED:
            self.changed()
        elif self._state() != noted:
            self.refresh()

    def outdate(self) -> None:
        """To be called when named faces got other vectors: `catch_up` compares anew."""
        self._note(_OUTDATED)

    def refresh(self) -> int:
        """Compares all faces anew; returns how many are taken for somebody else than before."""
        self._db.decided = False
        with transaction(self._db):
            self._taught.add_people()
            changed = self._compare()
            self._note(self._state())
        return len(changed)

    def look_at(self, *photos: int) -> set[int]:
        """Compares the faces of these photos alone; returns those that changed."""
        if not self._current_classifiers() and not self.is_behind:
            return set()
        with transaction(self._db):
            return self._compare(photos)

    def suggest(self, network: str, embeddings: np.ndarray) -> list[tuple[int | None, float, bool]]:
        """Whom the faces of one photo that is not in the library are taken for.

        Args:
            network: Made the embeddings.
            embeddings: float32 [N, D], unit length.

        Returns:
            For each face the person, the probability 0..1, and whether that is enough for a name;
            `(None, 0.0, False)` for somebody unknown.
        """
        answers: list[tuple[int | None, float, bool]] = [(None, 0.0, False)] * len(embeddings)
        classifier = self._current_classifiers().get(network)
        if classifier is None or not len(embeddings):
            return answers
        nobody = np.zeros(len(embeddings), np.int64)
        found = classifier.classify(nobody, nobody, np.asarray(embeddings, np.float32))
        for row, person, confidence, named in found.each():
            if confidence >= QUESTION * classifier.threshold:
                answers[row] = person, confidence, named
        return answers

    def nearest(
        self,
        network: str,
        embeddings: np.ndarray,
        *,
        faces: Sequence[int] | None = None,
        head: HeadState | None = None,
    ) -> list[Nearest | None]:
        """Who comes nearest to each face, and how near; `data.recognition.nearest.words` says it.

        Whoever the face was said not to be is not among them.

        Args:
            network: Made the embeddings.
            embeddings: float32 [N, D], unit length; N may be 0.
            faces: Their ids in the library; by default they are not in it.
            head: The classifier of the model in use, asked beside the library's confirmed faces
                (`ModelOnDemand.head`).

        Returns:
            One entry a face; `None` if nobody is known, or everybody was rejected.
        """
        vectors = np.asarray(embeddings, np.float32)
        ids = np.zeros(len(vectors), np.int64) if faces is None else np.asarray(faces, np.int64)
        found: list[Nearest | None] = [None] * len(vectors)
        if not len(vectors):
            return found
        answers = []
        classifier = self._current_classifiers().get(network)
        if classifier is not None:
            people, shares = classifier.nearest(ids, vectors)
            answers.append(([name_of(self._db, int(person)) for person in people], shares))
        if head is not None and head.prototypes.shape[1] == vectors.shape[1]:
            best, shares = nearest_of(self._not_rejected(ids, head, log_odds(head, vectors)))
            answers.append(([name_today(self._db, head.people[row]) for row in best], shares))
        for names, shares in answers:
            for place, (name, share) in enumerate(zip(names, shares.tolist(), strict=True)):
                former = found[place]
                if share > 0 and (former is None or share > former.probability):
                    found[place] = Nearest(name, share)
        return found

    def _not_rejected(self, faces: np.ndarray, head: HeadState, odds: np.ndarray) -> np.ndarray:
        """A model's log odds [N, K], -inf for those whom faces were said not to be."""
        rejected = self._rejected()
        if faces.any() and rejected:
            people = [find_meant(self._db, name) for name in head.people]
            for row, face in enumerate(faces.tolist()):
                odds[row, [(face, person) in rejected for person in people]] = -np.inf
        return odds

    def resemblances(self, groups: Mapping[int, Sequence[int]]) -> dict[int, str]:
        """Whom groups of unknown faces are likely: the name of a person, by group.

        A group is compared by the mean of its first faces, which says more than each face does.

        Args:
            groups: The faces of each group, by its number, the clearest first.
        """
        classifiers = self._current_classifiers()
        if not classifiers or not groups:
            return {}
        found = {}
        asked = {number: faces[:_ASKED] for number, faces in groups.items()}
        vectors = embeddings_of(self._db, [face for faces in asked.values() for face in faces])
        rejected = self._rejected()
        for network, classifier in classifiers.items():
            numbers, means = [], []
            for number, faces in asked.items():
                mine = [vectors[face][1] for face in faces if vectors[face][0] == network]
                if mine:
                    numbers.append(number)
                    means.append(np.mean(mine, axis=0))
            if not means:
                continue
            units = np.stack(means).astype(np.float32)
            units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-9)
            nobody = np.zeros(len(units), np.int64)
            apart = np.arange(len(units))  # each a photo of its own: they do not compete for names
            predictions = classifier.classify(nobody, apart, units)
            for row, person, confidence, _ in predictions.each():
                number = numbers[row]
                turned_down = any((face, person) in rejected for face in groups[number])
                if confidence >= RESEMBLANCE and not turned_down:
                    found[number] = name_of(self._db, person)
        return found

    def maybe(self) -> list[tuple[int, str, float]]:
        """Clear unknown faces that are a little like somebody: face, name, probability (0..1).

        What is likely enough to be asked about as it is, is not among them.
        """
        found = []
        for network, classifier in self._current_classifiers().items():
            rows = self._db.execute(
                "SELECT f.id, f.photo, f.embedding FROM faces f"
                f" WHERE f.network = ? AND {_OPEN} AND {CLEAR} AND NOT EXISTS"
                " (SELECT 1 FROM asked_faces a WHERE a.face = f.id AND a.photo = f.photo)"
                " ORDER BY f.id",
                (network,),
            ).fetchall()
            found += self._predictions(classifier, rows)
        found = [(face, name_of(self._db, person), share) for face, person, share, _ in found]
        return sorted(found, key=lambda one: (-one[2], one[0]))

    def known(self) -> list[str]:
        """The names of everybody of whom a face is confirmed, and so known from then on."""
        rows = self._db.execute(
            "SELECT DISTINCT q.name FROM faces f JOIN people p ON p.id = f.person"
            " JOIN people q ON q.id = COALESCE(p.merged_into, p.id)"
            " WHERE f.ignored = 0 AND f.embedding IS NOT NULL ORDER BY q.name"
        )
        return [name for (name,) in rows]

    def confirmed(self, network: str) -> list[ConfirmedFace]:
        """The confirmed faces that this network embedded, as a training takes them."""
        return read_confirmed_faces(self._db, network)

    def learned(self, network: str) -> list[TaughtFace]:
        """What the model in use learned from folders by this network, under the names of today."""
        return [
            replace(face, person=name_of(self._db, person))
            for person, face in self._taught.references(network)
        ]

    def _follow(self) -> None:
        """At the end of a transaction: what was decided teaches at once."""
        if not self._db.decided:
            return
        if self._later:
            self._db.decided = False
            return
        try:
            self.refresh()
        except (ValueError, ArithmeticError, MemoryError):
            # What was decided stays decided; the next opening of the library tries again.
            logging.getLogger(__name__).exception("comparing faces after a decision failed")

    def _compare(self, photos: Sequence[int] | None = None) -> set[int]:
        """Compares the open faces of photos, by default of all; returns those that changed."""
        which, values = "1", ()
        if photos is not None:
            which = "f.photo IN (SELECT value FROM json_each(?))"
            values = (json.dumps(photos),)
        found: dict[int, _Found] = {}
        for network, classifier in self._current_classifiers().items():
            rows = self._db.execute(
                "SELECT f.id, f.photo, f.embedding FROM faces f"
                f" WHERE {which} AND f.network = ? AND {_OPEN} ORDER BY f.id",
                (*values, network),
            ).fetchall()
            found |= self._classified(classifier, rows)
        former = set(
            self._db.execute(
                f"SELECT q.* FROM recognised q JOIN faces f ON f.id = q.face WHERE {which}", values
            )
        )
        gone = [(face,) for face in {row[0] for row in former} - found.keys()]
        new = [row for face, one in found.items() if (row := (face, *one)) not in former]
        self._db.executemany("DELETE FROM recognised WHERE face = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO recognised VALUES (?, ?, ?, ?)", new)
        return {row[0] for row in (*gone, *new)}

    def _classified(self, classifier: ReferenceClassifier, rows: list[tuple]) -> dict[int, _Found]:
        return {
            face: (person, round(confidence, _DECIMALS), int(named))
            for face, person, confidence, named in self._predictions(classifier, rows)
            if confidence >= QUESTION * classifier.threshold
        }

    def _predictions(
        self, classifier: ReferenceClassifier, rows: list[tuple]
    ) -> list[tuple[int, int, float, bool]]:
        """(face, person, probability, named) of faces given as (face, photo, embedding)."""
        if not rows:
            return []
        faces, vectors = stacked((face, blob) for face, _, blob in rows)
        scene = scenes(self._db)
        photos = np.array([scene.get(face, photo) for face, photo, _ in rows], np.int64)
        found = classifier.classify(faces, photos, vectors)
        return [(int(faces[row]), *rest) for row, *rest in found.each()]

    def _rejected(self) -> set[tuple[int, int]]:
        rows = self._db.execute(
            "SELECT r.face, COALESCE(p.merged_into, p.id) FROM rejections r"
            " JOIN people p ON p.id = r.person"
        )
        return set(rows.fetchall())

    def _current_classifiers(self) -> dict[str, ReferenceClassifier]:
        """One for each network that somebody is known in, by the decisions in force."""
        state = self._state()
        if self._classifiers[0] != state:
            classifiers = {}
            for network in networks_with_references(self._db, self._taught):
                config = space_of(network)
                references = config and read_references(self._db, network, config, self._taught)
                if references is None:
                    continue
                calibration = _calibrated(references.head, config)
                classifiers[network] = ReferenceClassifier(references, calibration)
            self._classifiers = state, classifiers
        return self._classifiers[1]

    @property
    def version(self) -> int:
        """Another number after every decision and after everything else that changes references."""
        row = self._db.execute(
            "SELECT COALESCE((SELECT MAX(id) FROM decisions), 0)"
            " + COALESCE((SELECT value FROM meta WHERE key = 'references'), 0)"
        ).fetchone()
        return int(row[0])

    def changed(self) -> None:
        """To be called when references changed without a decision: forgotten, or converted."""
        with transaction(self._db):
            count = self._db.execute("SELECT value FROM meta WHERE key = 'references'").fetchone()
            self._db.execute(
                "INSERT OR REPLACE INTO meta VALUES ('references', ?)",
                (str(1_000_000_000 + int(count[0] if count else 0)),),
            )
            self.refresh()

    def _state(self) -> str:
        """Another text when the decisions in force or the model in use are others."""
        return f"{self.version} {self._taught.read().stamp}".strip()

    def _noted(self) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'recognised'").fetchone()
        return row[0] if row else "0"

    def _note(self, state: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('recognised', ?)", (state,))


def _calibrated(head: HeadState, config: HeadConfig) -> Calibration:
    """By the confirmed faces alone, each left out in turn."""
    known = leave_one_out(head, config.common_prior)
    people = len(head.people)
    impostors = measure_impostors(
        known.likeness,
        people * (people - 1) / 2,
        people,
        usual_photos(head.owners),
        head.runner_up_weight,
        config,
    )
    strangers = known.strangers
    return calibrate(known.right, known.confused, strangers, impostors, config, FALSE_NAMES)
