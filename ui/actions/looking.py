"""What the model in use makes of a box that somebody drew on a photo."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import streamlit as st

from data.errors import PhotoError
from model.inference.background import BackgroundModel
from ui.actions.deciding import Look, Looked

_SECONDS = 60.0  # to wait for the networks, when a page is used that did not need them before


def look_with(model: Callable[[], BackgroundModel], photo: Callable[[], np.ndarray]) -> Look:
    """Looks at boxes of a photo.

    Args:
        model: Gives the model; asked only when there is a box.
        photo: Reads the photo: upright RGB uint8 [H, W, 3].
    """

    def look(box) -> Looked | None:
        with st.spinner("Looking at the face"):
            used = model()
            used.wait(_SECONDS)
            if used.loaded is None:
                return None
            try:
                face = used.look(photo(), box)
            except PhotoError:
                return None
            except Exception:  # a network's runtime raises anything; the box is kept all the same
                logging.getLogger(__name__).exception("looking at a drawn box failed")
                return None
            return Looked(face, used.loaded.tagger.network, used.loaded.tagger.model)

    return look
