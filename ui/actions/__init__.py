"""What pages do when somebody presses something, without widgets where possible.

    uploads/  photos dropped on "Tag"       library/  decisions, folders, people
    models/   the model in use, teaching    jobs/     long work in its own process
    server/   films in pieces, and who can reach the pages
"""
