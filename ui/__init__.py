"""The pages that `app.py` shows: widgets, and how things look; what they do is in other rooms."""
