"""The pages of Kindred and the way between them; `app.py` serves them. One file each."""

from __future__ import annotations

import streamlit as st

from ui.actions.models.learning import learn_if_due
from ui.actions.server.serving import open_to_others
from ui.components.shell import style
from ui.components.shell.toasts import show_toasts
from ui.pages import about as about_page
from ui.pages import family as family_page
from ui.pages import find as find_page
from ui.pages import folder as folder_page
from ui.pages import people as people_page
from ui.pages import review as review_page
from ui.pages import tag as tag_page
from ui.pages import teach as teach_page

st.set_page_config(page_title="Kindred", page_icon=style.ICON, layout="wide")
style.apply()
tag = st.Page(tag_page.show, title="Tag", default=True)


def _go_to_tag() -> None:
    """The first page has no address of its own; who has kept one comes there all the same."""
    st.switch_page(tag, query_params=st.query_params.to_dict())


page = st.navigation(
    [
        tag,
        st.Page(folder_page.show, title="Folder", url_path="folder"),
        st.Page(review_page.show, title="Review", url_path="review"),
        st.Page(people_page.show, title="People", url_path="people"),
        st.Page(find_page.show, title="Find", url_path="find"),
        st.Page(family_page.show, title="Family", url_path="family"),
        st.Page(teach_page.show, title="Teach", url_path="teach"),
        st.Page(about_page.show, title="About", url_path="about"),
        st.Page(_go_to_tag, title="Tag", url_path="tag", visibility="hidden"),
    ],
    position="top",
)
if warning := open_to_others(st.get_option("server.address")):
    st.warning(style.plain(warning), icon=":material/lock_open:")
show_toasts()
page.run()
learn_if_due()
