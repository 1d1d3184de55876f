"""What was measured of networks, in words; for the terminal, too, so without what pages need."""

from __future__ import annotations

from collections.abc import Mapping

_FIGURES = {  # of networks, by their keys: measured on what, and which figure of it
    "wider_easy": ("WIDER FACE", "easy"),
    "wider_medium": ("WIDER FACE", "medium"),
    "wider_hard": ("WIDER FACE", "hard"),
    "lfw": ("LFW", ""),
    "family_closed": ("family protocol", "closed set"),
    "family_dir": ("family protocol", "DIR@FPIR1%"),
    "family": ("this family's photos", "now"),
    "family_before": ("this family's photos", "before"),
}


def figures_text(figures: Mapping[str, float]) -> str:
    """What was measured of a network: "WIDER FACE, easy .779, medium .765"; "" if nothing was."""
    said: dict[str, str] = {}
    for key, value in figures.items():
        what, which = _FIGURES.get(key, (key, ""))
        figure = f"{which} {f'{value:.3f}'.removeprefix('0')}".strip()
        said[what] = f"{said[what]}, {figure}" if what in said else figure
    return "; ".join(
        f"{what} {figure}" if figure.startswith(".") else f"{what}, {figure}"
        for what, figure in said.items()
    )
