"""The error of a training whose numbers went wrong."""

from __future__ import annotations

from data.errors import ModelError


class NotFinite(ModelError):
    """A loss or a weight stopped being a finite number; nothing that came of it may be used."""
