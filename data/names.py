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
# These shape Persian, Indic and Korean scripts, braille and emoji; at an end they do nothing.
_JOINERS = "\u200c\u200d\u115f\u1160\u3164\uffa0\u2800"


def _listed(words: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in words.split(","))


# What programs call a face that nobody named, in the languages that they speak; casefolded, and
# all but letters and digits taken for spaces.
_NOBODY = _listed(
    """
    no name, noname, name, none, null, n a, add name, add a name, who is this, who s this,
    new person, not a person, tbd, n n,
    unbekannt, unbekannte, unbekannte person, unbekannte personen, unbekanntes gesicht,
    unbekannte gesichter, ignoriert, ignorierte, ignorierte person, ignorierte personen,
    ignorierte gesichter, unbestätigt, unbestätigte, unbestätigte gesichter, unbenannt,
    unbenannte, unbenannte person, nicht identifiziert, ohne namen, niemand, namenlos,
    inconnu, inconnue, inconnus, personne inconnue, personnes inconnues, visage inconnu,
    visages inconnus, ignoré, ignorée, ignorés, visages ignorés, non confirmé, non confirmée,
    non confirmés, non identifié, non identifiée, sans nom,
    desconocido, desconocida, desconocidos, persona desconocida, personas desconocidas,
    cara desconocida, caras desconocidas, rostro desconocido, ignorado, ignorada, ignorados,
    sin confirmar, no confirmado, sin identificar, no identificado, sin nombre,
    desconhecido, desconhecida, pessoa desconhecida, não confirmado, não identificado, sem nome,
    sconosciuto, sconosciuta, sconosciuti, persona sconosciuta, volto sconosciuto,
    volti sconosciuti, ignorato, ignorata, ignorati, non confermato, non confermata,
    non confermati, non identificato, senza nome,
    onbekend, onbekende, onbekend persoon, onbekende persoon, onbekend gezicht, genegeerd,
    niet bevestigd, onbevestigd, naamloos, okänd, okänd person, ignorerad, obekräftad, namnlös,
    ukendt, ukendt person, ignoreret, ubekræftet, ukjent, ukjent person, ignorert, ubekreftet,
    tuntematon, nieznany, nieznana, nieznana osoba, ignorowany, ignorowane, niepotwierdzony,
    niepotwierdzone, bez nazwy, neznámý, neznámá, neznámá osoba, nepotvrzené, ismeretlen,
    bilinmeyen, bilinmiyor, bilinmeyen kişi,
    неизвестный, неизвестная, неизвестно, неизвестные, неизвестное лицо, неизвестный человек,
    неподтверждённый, неподтверждённые, неподтвержденный, неподтвержденные, не подтверждено,
    игнорируемые, игнорировать, без имени, невідомий, невідома, без імені,
    不明, 未知, 未知人物, 未命名, 未確認, 未确认, 已忽略, 忽略, 無視, 无名, 名前なし,
    알 수 없음, 이름 없음, 무시됨
    """
)
_UNNAMED = (
    r"(?:unknown|unidentified|unrecogni[sz]ed|unconfirmed|ignored?|unnamed|nameless|untagged"
    r"|unassigned|unlabell?ed|undefined|anonymous|(?:not|non) (?:identified|named|confirmed))"
    r"(?: (?:persons?|people|faces?|man|men|woman|women|child|names?|others?|contacts?))?"
)
_ENGLISH = re.compile(_UNNAMED)
# Words of programs that a person may mean all the same: who types them, or calls a folder so.
_MAYBE_NOBODY = re.compile(
    r"nobody|no one|strangers?|others?|persons?|people|faces?|no face|not a face|who|untitled"
    rf"|({_UNNAMED}|new|persons?|people|faces?|stranger|cluster|unbekannte?|inconnue?|desconocid[oa]"
    r"|sconosciut[oa])(?: person| persona| face| gesicht)? ?\d+"
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
    words = _words(name or "")
    if not words:  # emoji are names, and question marks are not
        return not any(unicodedata.category(c) in ("So", "Sk") for c in clean_name(name or ""))
    return words in _NOBODY or _ENGLISH.fullmatch(words) is not None


def person_named(name: str | None) -> str | None:
    """The person whom another program's name means, in normal form; `None` for nobody."""
    if name is None or means_nobody(name):
        return None
    return None if _MAYBE_NOBODY.fullmatch(_words(name)) else clean_name(name)


def _words(name: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", clean_name(name).casefold()).split())


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
