"""The photos of the page "Tag": from an uploaded file to what is shown, named and saved."""
