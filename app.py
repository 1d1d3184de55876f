"""Kindred in the browser: `streamlit run app.py`. The pages are in `ui/`, one file each."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.actions.film_routes import ROUTES

app = st.App(Path(__file__).parent / "ui" / "main.py", routes=ROUTES)
