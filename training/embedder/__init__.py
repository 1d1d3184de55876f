"""Training embedders: fine-tuning on a family, and the choice between frozen and tuned."""
