"""Kindred in the browser: `streamlit run app.py`. The pages are in `ui/`, one file each."""

from __future__ import annotations

import streamlit as st

from ui import about_page, style, tag_page

st.set_page_config(page_title="Kindred", page_icon=style.ICON, layout="wide")
style.apply()
page = st.navigation(
    [
        st.Page(tag_page.show, title="Tag", url_path="tag", default=True),
        st.Page(about_page.show, title="About this model", url_path="about"),
    ],
    position="top",
)
page.run()
