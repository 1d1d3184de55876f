"""Kindred in the browser: `streamlit run app.py`. The pages are in `ui/`, one file each."""

from __future__ import annotations

import streamlit as st

from ui import (
    about_page,
    find_page,
    folder_page,
    people_page,
    review_page,
    style,
    tag_page,
    teach_page,
)
from ui.library_in_use import show_said
from ui.serving import open_to_others

st.set_page_config(page_title="Kindred", page_icon=style.ICON, layout="wide")
style.apply()
page = st.navigation(
    [
        st.Page(tag_page.show, title="Tag", url_path="tag", default=True),
        st.Page(folder_page.show, title="Folder", url_path="folder"),
        st.Page(review_page.show, title="Review", url_path="review"),
        st.Page(people_page.show, title="People", url_path="people"),
        st.Page(find_page.show, title="Find", url_path="find"),
        st.Page(teach_page.show, title="Teach", url_path="teach"),
        st.Page(about_page.show, title="About", url_path="about"),
    ],
    position="top",
)
if warning := open_to_others(st.get_option("server.address")):
    st.warning(style.plain(warning), icon=":material/lock_open:")
show_said()
page.run()
