"""Photos, labels and metadata in and out. No TensorFlow here.

Conventions, kept everywhere in Kindred:

- Image: upright (Exif orientation applied), RGB, uint8, shape [H, W, 3].
- Box: float32 xyxy in pixels of the upright image.
- Landmarks: float32 [5, 2], xy pixels: left eye, right eye, nose tip, left and right mouth
  corner, as seen in the picture.
- Embedding: float32, unit length.
- A name is any Unicode string; `None` means unknown. "No face" is an empty result of full rank
  and dtype, never an exception.
- Errors a person can act on are the classes of `data.errors`; the library raises them, the
  terminal and the browser translate them.
"""
