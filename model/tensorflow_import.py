"""Imports TensorFlow without the notes it prints on its way, and in half the time."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator


def import_tensorflow() -> None:
    """Imports TensorFlow and looks for GPUs, silently.

    Its native code writes to the process's standard error whatever Python does; so the descriptor
    is redirected for a moment. With TF_CPP_MIN_LOG_LEVEL set, everything is shown.
    """
    if "tensorflow" in sys.modules:
        return
    suppressed = "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_suppressed() if suppressed else contextlib.nullcontext(), _nothing_collected():
        import tensorflow as tf

        tf.config.list_physical_devices()


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """No search for garbage now, and never again among what is made now.

    An import makes many objects that stay. Searching them over and over takes a second, and once
    more when the program ends.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextlib.contextmanager
def _stderr_suppressed() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
