"""Unit vectors to names: the open-set head, and one assignment a photo."""
