"""Which processor the networks run on."""

from __future__ import annotations

import os

import tensorflow as tf


def describe_device() -> str:
    """The device for people: "CPU", or the names of the GPUs."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    return ", ".join(name or "GPU" for name in names)


def has_gpu() -> bool:
    """Whether there is a GPU that TensorFlow can use."""
    return bool(tf.config.list_physical_devices("GPU"))


def prepare_devices() -> None:
    """Takes GPU memory as it is needed, so that other programs keep theirs. Call it first."""
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # the GPU is in use already, with the setting it was opened with
            return


def divide_cores(among: int) -> None:
    """Lets `among` threads run operations at a time, each on its share of the cores.

    An operation that is split among all cores waits for those which another one has. It is set for
    the whole process, before the first operation: for one that looks at many photos, not for one
    that trains. Where TensorFlow is in use already it changes nothing.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // among))
    except RuntimeError:
        return
