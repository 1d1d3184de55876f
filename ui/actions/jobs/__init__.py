"""Long work: what the worker does, and the process in which it does it."""
