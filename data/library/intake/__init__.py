"""How photos come into the library: read ahead, tagged, labelled by other programs, kept."""
