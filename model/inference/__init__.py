"""Running a model folder: one photo, many, a cluster, and why a face got its name."""
