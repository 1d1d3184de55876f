"""The thread that loads the model, when the program ends meanwhile."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import time
from model.inference.background import BackgroundModel

def load(folder):
    time.sleep(0.5)
    print("loaded", flush=True)

BackgroundModel(None, load=load)
print("end", flush=True)
"""


def test_the_end_of_the_program_waits_for_the_thread():
    """A thread that Python ends inside TensorFlow aborts the program."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout.split()) == (0, ["end", "loaded"])
