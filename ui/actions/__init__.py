"""What pages do when somebody presses something, without widgets where possible.

uploads/  photos dropped on "Tag"
library/  decisions, folders, people
family/   where everybody stands on the page "Family"
models/   the model in use, teaching
jobs/     long work in a process of its own
server/   films in pieces, and who can reach the pages
"""
