"""The whole flow as one graph, pixels to names: what the SavedModel holds."""

from __future__ import annotations

import tensorflow as tf

from model.classifier.head import Head
from model.detector.protocol import IMAGE, MIN_SCORE, Detector
from model.embedder.aligner import Aligner
from model.embedder.embedder import Embedder
from model.graph_function import GraphFunction

LANDMARKS = tf.TensorSpec([None, 5, 2], tf.float32, name="landmarks")


class FaceGraph(tf.Module):
    """Detector, aligner, embedder and classifier behind three signatures.

    The names and dtypes of what goes in and comes out are a contract with every reader of the
    SavedModel; see `docs/savedmodel.md`.

    Args:
        detector: Finds the faces.
        embedder: Makes vectors of them.
        head: Makes names of the vectors.
        min_score: The detector's score from which `tag` takes a face for one.
    """

    def __init__(self, detector: Detector, embedder: Embedder, head: Head, min_score: float):
        super().__init__(name="kindred")
        self.detector, self.embedder, self.head = detector, embedder, head
        self.min_score = min_score
        chips = tf.TensorSpec([None, *embedder.chip_shape], tf.float32, name="chips")
        vectors = tf.TensorSpec([None, embedder.dimension], tf.float32, name="embeddings")
        self.tag = GraphFunction(self._tag, IMAGE)
        self.detect = GraphFunction(self._detect, IMAGE, MIN_SCORE)
        self.embed = GraphFunction(self._embed, IMAGE, LANDMARKS)
        self.align = GraphFunction(self._align, IMAGE, LANDMARKS, convert=False)
        self.places = GraphFunction(self._places, LANDMARKS, convert=False)
        self.embed_chips = GraphFunction(self._embed_chips, chips)
        self.name_faces = GraphFunction(self._name_faces, vectors, convert=False)
        self.name_photo = GraphFunction(self._name_photo, vectors, convert=False)

    def _tag(self, image):
        """Faces of an upright RGB photo uint8 [H, W, 3], with their names."""
        # The other signatures as they are, not their code once more: half the time to trace.
        faces = self.detect(image, tf.constant(self.min_score))
        embedded = self.embed(image, faces["landmarks"])
        return faces | embedded | self.name_photo(embedded["embeddings"])

    def _detect(self, image, min_score):
        """Faces with a score of at least `min_score`, best first, not named."""
        boxes, landmarks, scores = self.detector.detect(image, min_score)
        return {"boxes": boxes, "landmarks": landmarks, "scores": scores}

    def _embed(self, image, landmarks):
        """Embeddings of faces whose landmarks are known."""
        return {"embeddings": self.embedder.embed(image, landmarks)}

    def _align(self, image, landmarks):
        """Chips of faces whose landmarks are known, for `embed_chips`."""
        return {"chips": self.embedder.aligner.chips(image, landmarks)}

    def _places(self, landmarks):
        """Where in their photo the chips of faces are whose landmarks are known."""
        return {"places": self.embedder.aligner.places(landmarks)}

    def _embed_chips(self, chips):
        """Embeddings of the chips of one or several photos, and how much each is worth."""
        return self.embedder.describe_chips(chips)

    def _name_faces(self, embeddings):
        """Names of faces whose embeddings are known, each by itself."""
        names, confidences = self.head.classify(embeddings)
        return {"names": names, "confidences": confidences}

    def _name_photo(self, embeddings):
        """Names of all faces of one photo whose embeddings are known, as `tag` gives them."""
        names, confidences = self.head.classify(embeddings, one_photo=True)
        return {"names": names, "confidences": confidences}

    def functions(self) -> dict[str, GraphFunction]:
        """What the model can do, by the names of the signatures."""
        functions = {
            "tag": self.tag,
            "detect": self.detect,
            "embed": self.embed,
            "align": self.align,
            "embed_chips": self.embed_chips,
            "name": self.name_faces,
            "name_photo": self.name_photo,
        }
        if isinstance(self.embedder.aligner, Aligner):
            functions["places"] = self.places
        return functions

    def signatures(self) -> dict:
        """The SavedModel's signatures by name; `tag` is what a server runs by default."""
        traced = {name: function.traced for name, function in self.functions().items()}
        return {"serving_default": traced["tag"], **traced}
