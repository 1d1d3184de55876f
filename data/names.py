"""The one form of a person's name, which names mean nobody, and which are nearly another's.

A name enters through folders, XMP, Picasa, Takeout, pages and the terminal, and everywhere through
`clean_name`, so that two spellings of one text are one person. Case is kept and tells people apart;
`near_names` finds whom somebody may have meant.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

# Marks that no reader sees: byte order marks, zero-width space, soft hyphen, writing directions.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_JOINERS = "\u200c\u200d"  # they shape Persian, Indic scripts and emoji; at an end they do nothing


def _listed(words: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in words.split(","))


# What programs call a face that nobody named, in the languages that they speak; casefolded.
_NOBODY = _listed(
    """
    unknown, unknown person, unknown people, unknown face, unknown faces, unknown other,
    unidentified, unidentified person, unrecognized, unrecognised, unconfirmed,
    unconfirmed person, ignored, ignored person, ignored people, ignored face, ignored faces,
    ignore, unnamed, unnamed person, unnamed people, unnamed face, unnamed faces, no name,
    noname, nameless, name, untagged, unassigned, none, null, undefined, n a,
    add name, add a name, add a name?, who is this, who's this, new person, not a person,
    anonymous, tbd, n n, unbekannt, unbekannte, unbekannte person, unbekanntes gesicht,
    ignoriert, unbestätigt, unbenannt, ohne namen, niemand, namenlos, inconnu, inconnue,
    inconnus, personne inconnue, ignoré, ignorée, ignorés, non confirmé, non confirmée,
    sans nom, desconocido, desconocida, desconocidos, persona desconocida, ignorado,
    ignorada, sin confirmar, no confirmado, sin nombre, desconhecido, desconhecida,
    não confirmado, sem nome, sconosciuto, sconosciuta, ignorato, ignorata, non confermato,
    non confermata, senza nome, onbekend, onbekende, onbekend persoon, genegeerd,
    niet bevestigd, naamloos, okänd, ignorerad, obekräftad, ukendt, ignoreret, ubekræftet,
    ukjent, ignorert, ubekreftet, tuntematon, nieznany, nieznana, nieznana osoba, ignorowany,
    niepotwierdzony, neznámý, neznámá, neznámá osoba, ismeretlen, bilinmeyen, bilinmiyor,
    неизвестный, неизвестная, неизвестно, неизвестные, неизвестное лицо, без имени,
    невідомий, невідома, 不明, 未知, 未知人物, 未命名, 未確認, 无名, 名前なし, 알 수 없음,
    이름 없음
    """
)
_NUMBERED = re.compile(
    r"(unknown|unnamed|unidentified|new|person|people|face|stranger|cluster|unbekannt|inconnu)"
    r"( person| face)? ?#? ?\d+"
)
_NEAR = 0.9  # of difflib's ratio: Roger and Rodger are near, Anna and Hanna are two people


def clean_name(name: str) -> str:
    """A name in its normal form; "" if nothing of it can be seen.

    Unicode's composed form (NFC), single spaces, nothing invisible; case and all else as typed.
    """
    name = _INVISIBLE.sub("", unicodedata.normalize("NFC", name))
    # Again: what was taken out may have kept letters and accents apart.
    return unicodedata.normalize("NFC", " ".join(name.split()).strip(_JOINERS + " "))


def means_nobody(name: str | None) -> bool:
    """Whether a name says that nobody was named: empty, a placeholder, or punctuation alone."""
    words = " ".join(re.sub(r"[\W_]+", " ", clean_name(name or "").casefold()).split())
    if not words:  # emoji are names, and question marks are not
        return not any(unicodedata.category(c) in ("So", "Sk") for c in name or "")
    return words in _NOBODY


def person_named(name: str | None) -> str | None:
    """The person whom another program's name means, in normal form; `None` for nobody."""
    if name is None or means_nobody(name):
        return None
    # "Person 12" is a number that a program gave; somebody who types it, or calls a folder so,
    # means it.
    words = " ".join(re.sub(r"[\W_]+", " ", clean_name(name).casefold()).split())
    return None if _NUMBERED.fullmatch(words) else clean_name(name)


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names are one, however they are encoded; `None` equals `None` only."""
    return one == other or (None not in (one, other) and clean_name(one) == clean_name(other))


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """The known names that may mean the same person as another one, nearest first.

    Those that differ in case, accents, the order of their words or a letter, or of which one is
    the beginning or a part of the other ("Roger", "Roger Federer"). The same name is none of them.
    """
    return _near(name, [(other, _plain(other)) for other in known])


def near_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """All pairs of names of which each is near the other (see `near_names`)."""
    plain = [(name, _plain(name)) for name in names]
    return [(one, two) for i, (one, _) in enumerate(plain) for two in _near(one, plain[i + 1 :])]


def _near(name: str, known: Iterable[tuple[str, str]]) -> list[str]:
    """`near_names`, of names that come with their plain forms."""
    found = []
    matcher = difflib.SequenceMatcher(b=_plain(name), autojunk=False)
    for other, theirs in known:
        matcher.set_seq1(theirs)
        nearness = _nearness(matcher)
        if nearness >= _NEAR and not same_name(name, other):
            found.append((-nearness, other))
    return [other for _, other in sorted(found)]


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", clean_name(name).casefold())
    kept = "".join(" " if c in "-_.,'’" else c for c in decomposed if not unicodedata.combining(c))
    return " ".join(kept.split())


def _nearness(matcher: difflib.SequenceMatcher) -> float:
    """How near the two plain names of a matcher are, 0 to 1."""
    one, other = matcher.a, matcher.b
    if one == other:
        return 1.0
    mine, theirs = one.split(), other.split()
    if sorted(mine) == sorted(theirs) or one.replace(" ", "") == other.replace(" ", ""):
        return 0.99
    if min(len(mine), len(theirs)) and (set(mine) < set(theirs) or set(theirs) < set(mine)):
        return 0.95
    if any(c.isdigit() for c in one + other) or min(len(one), len(other)) < 3:
        return 0.0  # "Anne 2" is not a misspelt "Anne 3"
    if matcher.real_quick_ratio() < _NEAR or matcher.quick_ratio() < _NEAR:
        return 0.0
    return matcher.ratio()
