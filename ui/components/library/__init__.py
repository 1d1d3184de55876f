"""The folders of this computer and of the library on a page."""
