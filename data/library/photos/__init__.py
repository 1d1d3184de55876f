"""What was found where: files, folders, the faces of photos and the tracks of films."""
