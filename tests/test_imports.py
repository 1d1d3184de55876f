"""Imports run one way, data <- model <- training, and the terminal starts without TensorFlow."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("data", "model", "training", "ui")
MODULE = re.compile(rf"({'|'.join(ROOMS)})(\.[a-z_][a-z0-9_]*)+")
FRONT_DOORS = {"app", "bench", "kindred"}

# What a room must not import.
FORBIDDEN = {
    "data": {"model", "training", "ui", *FRONT_DOORS},
    "model": {"training", "ui", *FRONT_DOORS},
    "training": {"ui", *FRONT_DOORS},
    "ui": FRONT_DOORS,
}


def imported(source: str, package: str = "") -> Iterator[str]:
    """Every module that a source imports, also inside functions and by name only."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package.split(".")[: -node.level + 1 or None], node.module or ""])
            yield (base if node.level else node.module).strip(".")
        elif isinstance(node, ast.Constant) and MODULE.fullmatch(str(node.value)):
            yield node.value  # `python -m` and `import_module` take a module's name as a string


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def by_name(rooms: Iterable[str]) -> dict[str, Path]:
    """Every module's file by the name under which it is imported."""
    found = {}
    for path in [path for room in rooms for path in modules(room)]:
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def rooms_of(path: Path) -> set[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    return {name.split(".")[0] for name in imported(path.read_text("utf-8"), package)}


@pytest.mark.parametrize("room", [room for room in ROOMS if (ROOT / room).is_dir()])
def test_imports_run_one_way(room):
    wrong = {
        str(path.relative_to(ROOT)): sorted(rooms_of(path) & FORBIDDEN[room])
        for path in modules(room)
        if rooms_of(path) & FORBIDDEN[room]
    }
    assert modules(room) and wrong == {}


def runs_first(path: Path, known: Container[str]) -> set[str]:
    """Those of the known modules that a file imports, also in functions."""
    tree = ast.parse(path.read_text("utf-8"))
    hints = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in hints:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in hints:
            for name in (f"{node.module}.{alias.name}" for alias in node.names):
                found.add(name if name in known else node.module)
    return {name for name in found if name in known}


def test_no_modules_import_each_other_in_a_circle():
    sources = by_name(ROOMS)
    graph = {name: runs_first(path, sources) for name, path in sources.items()}
    assert "data.errors" in graph["data.media.photos"]
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()
    graphlib.TopologicalSorter(graph).prepare()  # raises and names the circle if there is one


def bound(body: list[ast.stmt]) -> set[str]:
    """The names that the statements of a module define or import, however they are nested."""
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            for field in ("body", "orelse", "finalbody", "handlers"):
                names |= bound(getattr(node, field, []))
    return names


@functools.cache
def names_in(path: Path) -> set[str]:
    return bound(ast.parse(path.read_text("utf-8")).body)


def missing(source: str, sources: dict[str, Path]) -> set[str]:
    """What a source imports from modules of ours that do not have it, also in functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        ours = isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in (*ROOMS, "tests")
        for alias in node.names if ours else ():
            path = sources.get(node.module)
            names = names_in(path) if path else set()
            if alias.name not in names and f"{node.module}.{alias.name}" not in sources:
                found.add(f"{node.module}.{alias.name}")
    return found


def test_every_name_that_is_imported_is_there():
    sources = by_name((*ROOMS, "tests"))
    assert missing("from data.errors import KindredError, Nothing", sources) == {
        "data.errors.Nothing"
    }
    assert missing("def f():\n    from data.nowhere import x", sources) == {"data.nowhere.x"}
    files = [*sources.values(), *ROOT.glob("*.py"), *(ROOT / "bench").glob("*.py")]
    wrong = {str(p): missing(p.read_text("utf-8"), sources) for p in files}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_nothing_of_the_product_imports_the_tests():
    files = [path for room in ROOMS for path in modules(room)] + [*ROOT.glob("*.py")]
    wrong = [str(path) for path in files if rooms_of(path) & {"tests", "pytest", "hypothesis"}]
    assert wrong == []


def test_photos_and_metadata_need_no_tensorflow():
    users = {
        path.relative_to(ROOT / "data").as_posix()
        for path in modules("data")
        if rooms_of(path) & {"tensorflow", "keras"}
    }
    assert users == set()


def test_packages_that_only_carry_weights_are_never_imported():
    """Their files are read; their code wants packages that Kindred does not need."""
    files = [path for room in ROOMS for path in modules(room)] + [*ROOT.glob("*.py")]
    carriers = {"mtcnn", "face_recognition_models", "dlib", "onnx", "openvino"}
    assert [str(path) for path in files if rooms_of(path) & carriers] == []


def test_the_checker_itself_sees_every_kind_of_import():
    source = """
import a.b, c
from d.e import f
from . import g
from ..h import i
def inside():
    import j
    importlib.import_module("model.l")
    run([sys.executable, "-m", "ui.worker", "see ui.pages", "data"])
if TYPE_CHECKING:
    from m import n
"""
    expected = {"a.b", "c", "d.e", "x.y", "x.h", "j", "model.l", "ui.worker", "m"}
    assert set(imported(source, "x.y")) == expected


def run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


HEAVY = "{'tensorflow', 'keras', 'cv2', 'streamlit', 'joblib'}"


@pytest.mark.parametrize(
    "work",
    [
        "import kindred; kindred.parser().format_help()",
        "import data, data.errors, data.family, data.home, data.media.photos, data.tags",
    ],
)
def test_it_starts_without_the_heavy_packages(work):
    assert run("-c", f"import sys; {work}; print({HEAVY} & set(sys.modules))") == "set()\n"


def test_help_needs_none_of_what_the_commands_need():
    """Modules are counted, since seconds differ by machine: these made most of .3 of them."""
    slow = "{'numpy', 'PIL', 'lxml', 'sqlite3', 'filelock', 'tqdm', 'watchdog', 'jinja2'}"
    work = "import kindred; kindred.parser().format_help()"
    assert run("-c", f"import sys; {work}; print({slow} & set(sys.modules))") == "set()\n"


def test_help_and_wrong_usage_come_at_once():
    """Modules that TensorFlow would bring are counted, since seconds differ by machine."""
    script = (
        "import sys, kindred\n"
        "for arguments in (['--help'], ['tag', '--help'], ['tag']):\n"
        "    try:\n"
        "        kindred.main(arguments)\n"
        "    except SystemExit:\n"
        "        pass\n"
        "print('TensorFlow' if 'tensorflow' in sys.modules else 'light')"
    )
    assert run("-c", script).splitlines()[-1] == "light"


def test_every_module_says_in_its_first_line_what_it_holds():
    for room in (*ROOMS, "tests"):
        for path in modules(room):
            text = path.read_text("utf-8")
            if text.strip():
                first = ast.get_docstring(ast.parse(text))
                assert first, path
                assert first.splitlines()[0].rstrip().endswith((".", ",", ";", ":")), path
