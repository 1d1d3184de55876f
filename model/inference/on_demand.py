"""The model of a long run: what it is called at once, its networks only when there is work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.errors import ModelError
from data.films.header import read_header
from data.library.intake.work import TaggedPhoto, Work
from data.library.photos.photo_faces import Conversion
from data.recognition.head_file import read_head
from data.recognition.identity import model_id, network_of, without_age_correction
from data.recognition.scoring import HeadState
from data.recognition.spaces import space_of
from model.manifest import read_manifest
from model.tensorflow_import import import_tensorflow


class ModelOnDemand:
    """A model folder, or without one the untrained networks.

    Attributes:
        people: The names it knows.
        network, model: Ids of what makes the faces, and of what names them.

    Args:
        folder: The model folder, or `None`.
        scheduler: Address of a Dask cluster that finds the faces.

    Raises:
        ModelError: The folder's manifest is missing or damaged.
    """

    def __init__(self, folder: str | Path | None, scheduler: str | None = None):
        self._folder, self._scheduler, self._tagger = folder, scheduler, None
        if folder is None:
            self.prepare()
            self.people = ()
            self.network, self.model = self._tagger.network, self._tagger.model
            return
        manifest = read_manifest(Path(folder))
        try:
            self.people = tuple(manifest["people"])
            self.network, self.model = network_of(manifest), model_id(manifest)
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError(
                f"the model is damaged ({error!r})", file=folder, remedy="Train it again"
            ) from error

    @property
    def conversion(self) -> Conversion | None:
        """How embeddings from before age was taken out become those of this model.

        Raises:
            ModelError: The numbers of the correction are not those that the model was made with.
        """
        manifest = self._described()
        earlier = without_age_correction(manifest)
        if earlier is None:
            return None

        def convert(vectors: np.ndarray) -> np.ndarray:
            import_tensorflow()  # the catalogue of networks needs it
            from model.zoo.catalogue import choose
            from model.zoo.networks import load_age_correction

            embedder = manifest["networks"]["embedder"]
            network = choose("embedder", embedder["name"])
            if network.identity["age"] != embedder["age"]:
                raise ModelError(
                    f"the age correction of {network.name} is not the model's",
                    remedy="Train the model again",
                )
            return load_age_correction(network).correct(vectors)

        return Conversion(earlier, self.network, convert)

    @property
    def head(self) -> HeadState | None:
        """The classifier of a trained model, in NumPy; `None` if there is none."""
        if self._folder is None:
            return None
        return read_head(Path(self._folder) / "assets" / "exemplars.npz", self.people)

    def _described(self) -> dict:
        if self._folder is not None:
            return read_manifest(Path(self._folder))
        from model.zoo.catalogue import choose
        from model.zoo.networks import describe_networks

        return describe_networks(choose("detector"), choose("embedder"))

    @property
    def group_threshold(self) -> float:
        """The mean cosine from which two groups of its embeddings are one person's."""
        return space_of(self.network).group_threshold

    @property
    def name(self):
        """What names faces by their embeddings: `model.inference.tagger.Tagger.name`."""
        self.prepare()
        return self._tagger.name

    @property
    def results(self):
        """What finds faces: here, or on the cluster."""
        if self._scheduler:
            import_tensorflow()
            from model.inference.cluster import cluster_results

            return cluster_results(self._scheduler, self._folder, self.network)
        self.prepare()
        from data.library.intake.prefetch import in_thread

        return lambda works, known: in_thread(self._tagger.run(works, known))

    def film(
        self, work: Work, content: bytes, progress: Callable[[float, float], object], saved: Path
    ) -> TaggedPhoto:
        """Finds and names the people in a film, here: see `model.inference.film_tagger.tag_film`.

        Raises:
            PhotoError: It cannot be read.
        """
        self.prepare()
        found = self._tagger.tag_film(
            work.photo, same_person=self.group_threshold, progress=progress, saved=saved
        )
        return found.for_library(work, content, read_header(work.photo).taken)

    def prepare(self) -> None:
        """Loads the model, in the calling thread."""
        if self._tagger is None:
            import_tensorflow()
            from model.device import divide_cores
            from model.inference.engine import LOOKED_AT
            from model.inference.tagger import Tagger

            divide_cores(LOOKED_AT)

            folder = self._folder
            self._tagger = Tagger.load(folder, quickly=True) if folder else Tagger.untrained()
