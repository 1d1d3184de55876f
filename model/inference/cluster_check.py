"""Whether the workers of a cluster can tag: packages, versions, the model, and the photos."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from data.errors import KindredError
from model.manifest import FILE, read_manifest

# What tagging imports, and the weights of an untrained model; by the name of the import.
_NEEDED = ("tensorflow", "keras", "numpy", "cv2", "PIL", "pillow_heif", "lxml", "platformdirs")
_CARRIERS = ("mtcnn", "joblib", "lz4")
_OPTIONAL = ("rawpy", "imagecodecs")  # needed there if photos are read with them here
_SAME = ("tensorflow", "keras")  # these make the numbers: of one version but for the last part
_LEAST_PYTHON = (3, 11)


def check_workers(client, folder: str | None, photo: str | None) -> None:
    """Asks every worker for what tagging needs.

    Args:
        client: A `distributed.Client`.
        folder: The model folder, absolute; `None` for the untrained model.
        photo: A photo that they must see; `None` for none.

    Raises:
        KindredError: Something is missing; it says what, and on which workers.
    """
    wanted = [*_NEEDED, *(name for name in _OPTIONAL if find_spec(name))]
    wanted += [] if folder else _CARRIERS
    ask = _question(wanted, folder and os.path.join(folder, FILE), photo)
    answers, here = client.run(ask, on_error="return"), ask()
    if folder:
        read_manifest(folder)  # says in words what is wrong with it here
    by_complaint: dict[str, list[str]] = {}
    for worker, answer in answers.items():
        for complaint in _complaints(answer, here, folder, photo):
            by_complaint.setdefault(complaint, []).append(worker)
    if by_complaint:
        said = "; ".join(
            f"{complaint} on {_these(workers, len(answers))}"
            for complaint, workers in by_complaint.items()
        )
        raise KindredError(
            f"the cluster cannot tag: {said}",
            remedy="Give the workers the packages of requirements.txt, and the photos and the model"
            " under the same paths as here",
        )


def _question(modules: list[str], manifest: str | None, photo: str | None) -> Callable[[], dict]:
    """A function without a trace of this module, so that a worker can run it without Kindred."""

    def ask() -> dict[str, Any]:
        import os
        import sys
        from importlib import metadata
        from importlib.util import find_spec

        names, versions = metadata.packages_distributions(), {}
        for module in modules:
            found = find_spec(module) is not None
            versions[module] = metadata.version(names[module][0]) if module in names else found
        try:
            with open(manifest or os.devnull, encoding="utf-8") as file:
                text, error = file.read(), None
        except OSError as failure:
            text, error = None, failure.strerror
        sees = photo is None or os.path.isfile(photo)
        python = tuple(sys.version_info[:2])
        return {
            "python": python,
            "versions": versions,
            "manifest": text,
            "error": error,
            "sees": sees,
        }

    return ask


def _complaints(answer, here: dict, folder: str | None, photo: str | None) -> list[str]:
    """What one worker lacks, in words."""
    if isinstance(answer, BaseException):
        return [f"{type(answer).__name__}: {answer}"]
    found = []
    if answer["python"] < _LEAST_PYTHON:
        found.append("Python {}.{} is too old".format(*answer["python"]))
    for module, version in answer["versions"].items():
        if not version:
            found.append(f"the package {module} is not installed")
        elif module in _SAME and _release(version) != _release(here["versions"][module]):
            found.append(f"{module} is {version} instead of {here['versions'][module]}")
    if answer["manifest"] is None:
        found.append(f"the model {folder} cannot be read ({answer['error']})")
    elif answer["manifest"] != here["manifest"]:
        found.append(f"another model lies in {folder}")
    if not answer["sees"]:
        found.append(f"the photo {photo} is not to be seen")
    return found


def _release(version: str | bool) -> list[str]:
    return str(version).split(".")[:2]


def _these(workers: list[str], of: int) -> str:
    if len(workers) == of:
        return "every worker" if of > 1 else workers[0]
    return ", ".join(workers[:5]) + (f" and {len(workers) - 5} more" if len(workers) > 5 else "")
