"""Which device runs the networks: what is said of it, its memory, and a graph on another one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from model.device import describe_device, divide_cores, has_gpu, prepare_devices
from tests.training.test_export import export_colours

ROOT = Path(__file__).parents[2]


@pytest.fixture
def devices(monkeypatch):
    """Sets the GPUs that TensorFlow sees, by their names."""

    def set_to(*names: str | None) -> None:
        details = dict(enumerate(names))
        config = tf.config
        monkeypatch.setattr(config, "list_physical_devices", lambda kind: list(details))
        monkeypatch.setattr(
            config.experimental, "get_device_details", lambda n: {"device_name": details[n]}
        )

    return set_to


def test_without_a_gpu_it_is_the_cpu(devices):
    devices()
    assert describe_device() == "CPU" and not has_gpu()


def test_gpus_are_called_by_their_names(devices):
    devices("NVIDIA H100", None)
    assert describe_device() == "NVIDIA H100, GPU" and has_gpu()


def test_memory_is_taken_as_it_is_needed(devices, monkeypatch):
    devices("one", "two")
    grown = []
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append((gpu, on))
    )
    prepare_devices()
    assert grown == [(0, True), (1, True)]


def test_a_gpu_that_is_in_use_already_is_left_as_it_is(devices, monkeypatch):
    devices("one")

    def refuse(gpu, on):
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", refuse)
    prepare_devices()


@pytest.mark.parametrize(("cores", "share"), [(1, 1), (2, 1), (3, 1), (8, 4), (None, 1)])
def test_two_threads_have_half_of_the_cores_each(monkeypatch, cores, share):
    asked = []
    monkeypatch.setattr("model.device.os.cpu_count", lambda: cores)
    monkeypatch.setattr(tf.config.threading, "set_intra_op_parallelism_threads", asked.append)
    divide_cores(2)
    assert asked == [share]


def test_cores_that_are_in_use_already_are_left_as_they_are():
    before = tf.config.threading.get_intra_op_parallelism_threads()
    tf.constant(1) + 1  # from now on TensorFlow refuses
    divide_cores(2)
    assert tf.config.threading.get_intra_op_parallelism_threads() == before


SCRIPT = """
import sys
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
image = tf.constant(np.full((40, 60, 3), (250, 0, 0), np.uint8))
answers = []
for device in ("/CPU:0", "/CPU:1"):
    with tf.device(device):
        found = tf.saved_model.load(sys.argv[1]).signatures["tag"](image=image)
    answers.append([found[key].numpy().tolist() for key in sorted(found)])
assert answers[0] == answers[1] and answers[0] != [[]] * 6
print(answers[0][-1], len(tf.config.list_logical_devices("CPU")))
"""


def test_a_model_answers_the_same_on_another_device(tmp_path):
    """Two logical devices stand for the machine that trained and the one that tags."""
    export_colours(tmp_path / "model")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "model")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.splitlines()[-1].endswith(" 2")
