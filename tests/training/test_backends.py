"""Training without TensorFlow: what is imported, and on another backend where it is installed."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys

import pytest

from tests.test_imports import ROOMS, ROOT

# What is written for any Keras backend; it must not reach TensorFlow when it is imported.
ANY_BACKEND = (
    "training.callbacks",
    "training.l2sp",
    "training.mixed_precision",
    "training.resumable",
    "training.classifier.fit",
    "training.classifier.prototypes",
    "training.detector.pictures.augment",
    "training.detector.distill_losses",
    "training.detector.fit",
    "training.detector.losses",
    "training.embedder.distill",
    "training.embedder.finetune",
    "training.embedder.frozen_features",
    "training.embedder.joint_space",
)
TESTS = (
    "test_resumable.py",
    "detector/test_fit.py",
    "embedder/test_distill.py",
    "embedder/test_finetune.py",
    "classifier/test_prototypes.py",
)
ONE_STEP = (
    "detector/test_fit.py::test_the_score_of_a_separable_network_is_that_of_one_branch_as_well",
    "embedder/test_finetune.py::test_without_strangers",
)
needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)


def run_at_import(tree: ast.AST):
    """The statements of a module that run when it is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from run_at_import(node)


def imports_of(module: str) -> set[str]:
    """Modules of the project, and packages of others, that importing a module imports."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = set()
    for node in run_at_import(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    for name in list(found):
        parts = name.split(".")
        found |= {".".join(parts[:n]) for n in range(1, len(parts))}
    return found


def is_ours(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return module.split(".")[0] in ROOMS and (path.is_dir() or path.with_suffix(".py").is_file())


def reached(module: str) -> set[str]:
    """All that importing a module imports, however far away."""
    seen, left = set(), [module]
    while left:
        new = {name for name in imports_of(left.pop()) if name not in seen}
        seen |= new
        left += filter(is_ours, new)
    return seen


@pytest.mark.parametrize("module", ANY_BACKEND)
def test_training_code_for_any_backend_reaches_no_tensorflow(module):
    names = reached(module)
    assert "keras" in names or module == "training.detector.pictures.augment"
    assert "tensorflow" not in names


def test_the_search_sees_what_is_imported_far_away():
    assert "tensorflow" in reached("training.train")
    assert "PIL" in reached("training.detector.fit")  # by the pictures that it shows


def on_jax(tests: tuple[str, ...]) -> None:
    """Runs tests in a process where TensorFlow cannot be imported."""
    files = [f"tests/training/{test}" for test in tests]
    blocked = ["-p", "no:cacheprovider", "-p", "tests.without_tensorflow"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *blocked, *files],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert "[100%]" in run.stdout


@needs_jax
def test_a_step_is_trained_where_there_is_no_tensorflow():
    on_jax(ONE_STEP)


@needs_jax
@pytest.mark.slow
def test_training_passes_its_tests_where_there_is_no_tensorflow():
    on_jax(TESTS)
