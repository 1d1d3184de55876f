"""Kindred in the browser: `streamlit run app.py`. The pages are in `ui/`, one file each."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.actions.server.film_routes import ROUTES

# Not in `ui/` itself: beside a script Streamlit takes a folder `pages` for its own.
app = st.App(Path(__file__).parent / "ui" / "components" / "shell" / "navigation.py", routes=ROUTES)
