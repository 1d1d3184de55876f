"""The pages of Kindred and the way between them; `app.py` serves them. One file each."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import streamlit as st

from ui.actions.library.grouping import group_if_due
from ui.actions.models.learning import learn_if_due
from ui.actions.server.serving import open_to_others
from ui.components.shell import style
from ui.components.shell.toasts import show_toasts

st.set_page_config(page_title="Kindred", page_icon=style.ICON, layout="wide")
style.apply()


def _page(name: str) -> Callable[[], None]:
    """A page of `ui.pages`, read when somebody comes to it: the first one shows the sooner."""

    def show() -> None:
        importlib.import_module(f"ui.pages.{name.lower()}").show()

    return show


def _go_to_tag() -> None:
    """The first page has no address of its own; who has kept one comes there all the same."""
    st.switch_page(tag, query_params=st.query_params.to_dict())


tag = st.Page(_page("Tag"), title="Tag", default=True)
others = ("Folder", "Review", "People", "Find", "Family", "Teach", "About")
page = st.navigation(
    [
        tag,
        *(st.Page(_page(name), title=name, url_path=name.lower()) for name in others),
        st.Page(_go_to_tag, title="Tag", url_path="tag", visibility="hidden"),
    ],
    position="top",
)
if warning := open_to_others(st.get_option("server.address")):
    st.warning(style.plain(warning), icon=":material/lock_open:")
show_toasts()
if page.title in ("Review", "People"):
    group_if_due()
page.run()
learn_if_due()
