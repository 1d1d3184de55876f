"""What a worker of a cluster does: tags chunks of photos, with a model that it loads once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from data.errors import ModelError
from data.library.intake.work import TaggedPhoto, Work

if TYPE_CHECKING:
    from model.inference.tagger import Tagger

_loading = threading.Lock()
_loaded: dict[tuple, Tagger] = {}


def tag_chunk(folder: str | None, network: str, works: list[Work]) -> list[TaggedPhoto]:
    """Tags some photos; runs on a worker, one chunk at a time in each process.

    Raises:
        ModelError: The worker's model is not the one that is meant.
    """
    with _loading:
        return list(_load(folder, network).run(works))


def _load(folder: str | None, network: str) -> Tagger:
    from model.tensorflow_import import import_tensorflow

    import_tensorflow()
    from model.inference.tagger import Tagger
    from model.manifest import read_manifest

    key = (folder, folder and str(read_manifest(folder)))
    if key not in _loaded:
        tagger = Tagger.load(folder) if folder else Tagger.untrained()
        if tagger.network != network:
            raise ModelError(
                f"a worker has the networks {tagger.network} instead of {network}",
                remedy="Give all computers of the cluster the same Kindred and the same networks",
            )
        _loaded.clear()
        _loaded[key] = tagger
    return _loaded[key]
