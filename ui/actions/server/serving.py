"""Whether other computers can reach the pages: there is no login, so whoever binds must be told."""

from __future__ import annotations

_HERE = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def open_to_others(address: str | None) -> str:
    """A warning if the pages are served to more than this computer, else "".

    Args:
        address: Streamlit's `server.address`; `None` means every address of this computer.
    """
    if address is not None and address.strip().lower() in _HERE:
        return ""
    where = f"at {address}" if address else "at every address of this computer"
    return (
        f"These pages are served {where}, and there is no login: everybody who can reach them "
        "sees the photos, can change names and can look at the folders of this computer."
    )
