"""The networks that there are, on the page "About": which are installed, and getting the others."""

from __future__ import annotations

import streamlit as st

from ui.actions.models.network_figures import figures_text
from ui.components.jobs.job_view import jobs, show_ended, show_running, start
from ui.components.shell.style import plain


def question(network) -> str:
    """What getting a network means, before it is done."""
    return (
        f"Download {network.size / 1e6:.1f} MB from {network.source}, licence {network.licence}. "
        "This is the only time Kindred uses the network; no photo and no name is sent."
    )


def show_networks(catalogue: dict, used: set[str]) -> None:
    """A row for each network.

    Args:
        catalogue: `model.zoo.catalogue.CATALOGUE`.
        used: Names of those that run now.
    """
    st.subheader("Networks")
    if not show_running():
        last = jobs().latest("fetch")
        if last is not None:
            show_ended(last)
    for network in catalogue.values():
        installed = network.is_installed()
        with st.container(border=True, key=f"kd-network-{network.name}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(network.name)}** · {network.task}")
                if network.name in used:
                    st.badge("in use", icon=":material/check:", color="green")
                elif installed:
                    st.badge("installed", color="gray")
            figures = figures_text(network.figures)
            measured = f" Measured: {figures}." if figures else ""
            st.caption(
                plain(
                    f"{network.about}. {network.size / 1e6:.1f} MB, licence {network.licence}, "
                    f"from {network.source}.{measured}"
                )
            )
            if not installed and network.address:
                with st.popover("Get it", icon=":material/download:"):
                    st.write(plain(question(network)))
                    if st.button("Download", type="primary", key=f"about.get.{network.name}"):
                        start("fetch", {"name": network.name})
            elif not installed:
                st.caption(plain(network.remedy))
