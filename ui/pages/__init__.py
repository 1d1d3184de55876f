"""One file a page; pages are thin."""
