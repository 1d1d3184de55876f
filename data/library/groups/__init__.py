"""Unknown faces put together into likely people."""
