"""Photos as pictures: decoding, folders, uploads, thumbnails, drawing, and how good a face is."""
