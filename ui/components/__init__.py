"""What several pages show.

shell/    navigation, style, templates, HTML that answers, toasts
photos/   walls of tiles, one photo, the viewer, films
people/   naming people
family/   the page "Family"
library/  folders of this computer and of the library
jobs/     long work and its progress
models/   the accuracy card, networks
"""
