"""The weights of a network of our own in a file: NumPy arrays by layer, half precision."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from data.arrays import read_arrays, write_arrays
from data.errors import ModelError


def save_weights(model: keras.Model, path: str | Path) -> None:
    """Writes "<layer>/<number>" -> float16 of every layer with weights, all or nothing.

    Args:
        model: A network; without normalisation layers if those can be folded away
            (`model.batch_norm.fold`), because half precision is hard on variances.
    """
    arrays = {
        f"{layer.name}/{number}": values.astype(np.float16)
        for layer in model.layers
        for number, values in enumerate(layer.get_weights())
    }
    write_arrays(path, arrays)


def load_weights(path: str | Path, model: keras.Model) -> keras.Model:
    """Gives `model` the weights of a file that `save_weights` wrote, and returns it.

    Raises:
        ModelError: The file cannot be read or holds another network; the model is then unchanged.
    """
    try:
        arrays = read_arrays(path)
    except (OSError, ValueError) as error:
        raise _other("an archive of arrays", repr(error), path) from error
    wanted = {
        f"{layer.name}/{number}": tuple(weight.shape)
        for layer in model.layers
        for number, weight in enumerate(layer.weights)
    }
    found = {name: values.shape for name, values in arrays.items()}
    if found != wanted:
        odd = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
        raise _other(f"{odd[0]} of shape {wanted.get(odd[0])}", str(found.get(odd[0])), path)
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise _other("finite numbers", "infinity or NaN", path)
    for layer in model.layers:
        names = [f"{layer.name}/{number}" for number in range(len(layer.weights))]
        layer.set_weights([arrays[name].astype(np.float32) for name in names])
    return model


def _other(expected: str, received: str, path: str | Path) -> ModelError:
    return ModelError(
        f"expected other weights ({expected}), received {received}",
        file=path,
        remedy="Install Kindred again, or train the network again",
    )
