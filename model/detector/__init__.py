"""Finding faces: sliding window, cascade, decoding of maps, refinement, tiling."""
