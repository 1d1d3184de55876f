"""Photos, faces and films on a page: walls of tiles, one photo, the viewer over the page."""
