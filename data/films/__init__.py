"""Films: reading their frames, and linking the faces seen in them into tracks.

    film -> frames  upright RGB, about two a second and at each cut
         -> faces of each frame (the engine)
         -> tracks  one person each, with the times at which that person is seen

Nothing here needs TensorFlow, and no film is ever held whole in memory.
"""
