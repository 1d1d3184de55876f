"""What the README tells people to type, typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import faces
from tests.pictures import encoded

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def block(mark: str) -> str:
    """The code block that follows a mark in the README."""
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)\n```", README, re.S)
    assert found, f"README.md has no block marked {mark!r}"
    return found.group(1)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """The home of somebody with a family folder and a folder of photos; their environment."""
    home = tmp_path_factory.mktemp("reader")
    astronaut, other = faces.astronaut(), faces.portrait(26)
    pictures = home / "Pictures"
    for name, photos in {
        "family/Eileen": [astronaut, faces.mirrored(astronaut)],
        "family/小明": [other],
        "2024": [faces.darker(astronaut)],
    }.items():
        (pictures / name).mkdir(parents=True)
        for i, photo in enumerate(photos):
            (pictures / name / f"photo {i}.jpg").write_bytes(encoded(photo, "JPEG", quality=95))
    environment = os.environ | {"HOME": str(home), "KINDRED_HOME": str(home / "kindred")}
    # `python` is this one, wherever the tests run from.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return home, environment


def run(command: list[str] | str, environment: dict, cwd: Path) -> str:
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=1200,  # against hanging; a busy machine must not fail here
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def said(reader) -> str:
    """What the terminal commands say; then `model` in the home is what they learned."""
    home, environment = reader
    said = run(block("commands: terminal"), environment, ROOT)
    models = home / "kindred" / "models"
    (home / "model").symlink_to(models / (models / "current").read_text("utf-8").strip())
    return said


def test_the_terminal_commands_train_and_tag(said):
    assert re.search(r"Eileen +2 photos", said)
    assert re.search(r"photo 0\.jpg: Eileen \(\d+%\)", said)


@pytest.mark.usefixtures("said")
def test_the_python_snippets_name_the_face(reader):
    home, environment = reader
    (home / "party.jpg").write_bytes(encoded(faces.astronaut(), "JPEG", quality=95))
    assert run([sys.executable, "-c", block("python: savedmodel")], environment, home).strip() == (
        "['Eileen']"
    )
    with_kindred = environment | {"PYTHONPATH": str(ROOT)}
    assert run([sys.executable, "-c", block("python: tagger")], with_kindred, home).startswith(
        "Eileen 0."
    )


def test_the_other_commands_are_what_they_should_be():
    assert "pip install -r requirements.txt && streamlit run app.py" in block("commands: start")
    assert "pip install -q -r requirements-dev.txt && python -m pytest" in block("commands: tests")


def test_the_record_in_the_readme_is_json_lines_of_tag(reader):
    shown = re.search(r"```json\n(.*?)\n```", README, re.S).group(1)
    shown = re.sub(r"\[x0, y0, x1, y1\]|\[\[x, y\], \.\.\.\]", "[]", shown.replace("\n", ""))
    home, environment = reader
    photo = home / "Pictures" / "2024"
    command = [sys.executable, str(ROOT / "kindred.py"), "tag", str(photo), "--json", "-"]
    record = json.loads(run(command, environment, ROOT))
    assert json.loads(shown).keys() == record.keys()
    assert json.loads(shown)["faces"][0].keys() == record["faces"][0].keys()


def test_every_file_the_readme_links_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
