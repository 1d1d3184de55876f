"""Tags photos on a cluster of Dask.distributed workers; each loads the model once.

The workers run this code and see the photos and the model under the same paths as this computer.
What a worker finds comes back here, where one process writes it into the library, so that a worker
that dies costs the time of the chunk it was at. Source of the cluster: https://distributed.dask.org
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from data.errors import KindredError, ModelError
from data.library.intake.work import TaggedPhoto, Work

if TYPE_CHECKING:
    from model.inference.tagger import Tagger

CONNECT_SECONDS = 10
CHUNK = 16  # photos: seconds of work, so that little is lost with a worker
CHUNKS_PER_WORKER = 4  # that are under way or wait at the scheduler

_loading = threading.Lock()
_loaded: dict[tuple, Tagger] = {}


def cluster_results(
    address: str, folder: str | os.PathLike | None, network: str
) -> Callable[[Iterable[Work], Collection[bytes]], Iterator[TaggedPhoto]]:
    """What `data.library.intake.album` needs to tag on a cluster.

    Photos come back as they are finished, not in order. Every one is looked at, also one whose
    content the library knows under another path.

    Args:
        address: Of the scheduler, for example "tcp://host:8786".
        folder: The model folder, `None` for the untrained model.
        network: Id of the networks that the workers must have.

    Raises:
        KindredError: Dask is not installed.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise KindredError(
            "tagging on a cluster needs the package distributed",
            remedy="Run: pip install distributed",
        ) from error

    def results(works: Iterable[Work], _: Collection[bytes]) -> Iterator[TaggedPhoto]:
        return _results(address, folder and os.path.abspath(folder), network, iter(works))

    return results


def _results(
    address: str, folder: str | None, network: str, works: Iterator[Work]
) -> Iterator[TaggedPhoto]:
    from distributed import KilledWorker, as_completed

    with _client(address) as client:
        chunks: dict[str, list[Work]] = {}
        running = as_completed(loop=client.loop)

        def submit() -> bool:
            chunk = list(islice(works, CHUNK))
            if chunk:
                future = client.submit(tag_chunk, folder, network, chunk, pure=False)
                chunks[future.key] = chunk
                running.add(future)
            return bool(chunk)

        while len(chunks) < CHUNKS_PER_WORKER * max(2, len(client.nthreads())) and submit():
            pass
        for future in running:
            chunk = chunks.pop(future.key)
            try:
                found = future.result()
            except KilledWorker:  # again and again, on this chunk: it is the photos' fault
                what = "the workers of the cluster died on it or on its neighbours"
                found = [TaggedPhoto(work, error=f"{work.photo}: {what}.") for work in chunk]
            future.release()
            submit()
            yield from found


@contextlib.contextmanager
def _client(address: str):
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise KindredError(
            f"no Dask scheduler answers at {address}",
            remedy="Start one with: dask scheduler, and workers in Kindred's folder with: "
            f"dask worker {address}",
        ) from error
    try:
        yield client
    finally:
        client.close()


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
