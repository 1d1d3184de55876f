"""Tags photos on a cluster of Dask.distributed workers; each loads the model once.

Scheduler and workers may have been started anywhere: the workers get this code, and are asked first
whether they have the packages and see the photos and the model under the paths of this computer.
What a worker finds comes back here, where one process writes it into the library, so that a worker
that dies costs the time of the chunk it was at. Source of the cluster: https://distributed.dask.org
"""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice

from data.errors import KindredError
from data.library.intake.work import TaggedPhoto, Work
from model.inference.cluster_check import check_workers
from model.inference.cluster_code import code_plugin, pack_code

CONNECT_SECONDS = 10
CHUNK = 16  # photos: seconds of work, so that little is lost with a worker
CHUNKS_PER_WORKER = 4  # that are under way or wait at the scheduler


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
        first = _up_to_something_to_do(works)
        if first:
            _prepare(client, address, folder, first[-1])
        works = chain(first, works)
        tag = _tag_on_worker()
        chunks: dict[str, list[Work]] = {}
        running = as_completed(loop=client.loop)

        def submit() -> bool:
            chunk = list(islice(works, CHUNK))
            if chunk:
                future = client.submit(tag, pickle.dumps((folder, network, chunk)), pure=False)
                chunks[future.key] = chunk
                running.add(future)
            return bool(chunk)

        while len(chunks) < CHUNKS_PER_WORKER * max(2, len(client.nthreads())) and submit():
            pass
        for future in running:
            chunk = chunks.pop(future.key)
            try:
                found = pickle.loads(future.result())
            except KindredError:
                raise
            except KilledWorker:  # again and again, on this chunk: it is the photos' fault
                what = "the workers of the cluster died on it or on its neighbours"
                found = [TaggedPhoto(work, error=f"{work.photo}: {what}.") for work in chunk]
            except Exception as error:
                raise _failure(error) from error
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
            remedy=f"Start one with: dask scheduler, and workers with: dask worker {address}",
        ) from error
    try:
        yield client
    finally:
        client.close()


def _up_to_something_to_do(works: Iterator[Work]) -> list[Work]:
    """Takes works up to the first that has to be read, which is the last one returned."""
    taken = []
    for work in works:
        taken.append(work)
        if work.todo is not None:
            break
    return taken


def _prepare(client, address: str, folder: str | None, first: Work) -> None:
    """Waits for a worker, brings the code to all of them, and asks them what they have."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise KindredError(
            f"the Dask scheduler at {address} has no workers",
            remedy=f"Start some with: dask worker {address}",
        ) from error
    try:
        client.register_plugin(code_plugin(pack_code()))
    except Exception as error:  # a full disk, a folder that may not be written to
        raise _failure(error) from error
    check_workers(client, folder, first.todo and os.fspath(first.todo.path))


def _failure(error: Exception) -> KindredError:
    return KindredError(
        f"a worker of the cluster failed ({type(error).__name__}: {error})",
        remedy="See what that worker says; what was tagged so far is kept",
    )


def _tag_on_worker() -> Callable[[bytes], bytes]:
    """What a worker runs. The scheduler needs nothing but Dask for it: bytes in, bytes out."""

    def tag(arguments: bytes) -> bytes:
        import pickle

        from model.inference.cluster_worker import tag_chunk

        return pickle.dumps(tag_chunk(*pickle.loads(arguments)))

    return tag
