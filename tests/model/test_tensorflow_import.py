"""TensorFlow comes without a word, and what it brings is not searched for garbage again."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import gc
from model.tensorflow_import import import_tensorflow
import_tensorflow()
import_tensorflow()
import sys
assert "tensorflow" in sys.modules and gc.isenabled()
print(gc.get_freeze_count())
"""


def test_tensorflow_is_imported_without_a_word():
    surroundings = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=surroundings, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 100_000
