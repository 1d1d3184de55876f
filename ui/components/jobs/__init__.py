"""Long work on a page: its progress, and the learning curve of a training."""
