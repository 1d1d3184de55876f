"""A worker with a slow, made-up model: `python -m tests.slow_worker JOB_FOLDER`; no TensorFlow."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from data.jobs import work
from data.library import content_of
from data.library.intake.work import TaggedPhoto
from tests.libraries import MODEL, NETWORK, face
from ui.actions.jobs import job_handlers as handlers

COMMAND = (sys.executable, "-m", "tests.slow_worker")


class SlowModel:
    """Takes every photo for one of Anne, after a while."""

    people, network, model, group_threshold = ("Anne",), NETWORK, MODEL, 0.5
    conversion = None

    def results(self, works, known):
        for item in works:
            if item.todo is None:
                yield TaggedPhoto(item, error=item.error)
                continue
            time.sleep(0.05)
            content = content_of(Path(item.photo).read_bytes())
            faces = (face("Anne"), face(None, 60, person=1))
            yield TaggedPhoto(item, content, 160, 90, faces=faces)

    def name(self, embeddings):
        return [("Berta", 0.8)] * len(embeddings)


if __name__ == "__main__":
    handlers.model_of_jobs = SlowModel
    work(sys.argv[1], handlers.HANDLERS)
