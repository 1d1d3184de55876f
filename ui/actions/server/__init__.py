"""What the server of the pages does beside them: films sent in pieces, and who can reach it."""
