"""The package is what its files say: one version with the API, typed, and with a README whose programs are right."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest

from booked.call import USER_AGENT
from tests.places import CLIENT, DOCUMENT

PROGRAMS = re.findall(r"^```python\n(.*?)^```$", (CLIENT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def test_the_version_is_the_one_of_the_api() -> None:
    api = json.loads(DOCUMENT.read_text())["info"]["version"]
    assert version("booked-client") == api
    assert f"/{api} " in USER_AGENT


def test_the_installed_package_has_its_types() -> None:
    package = Path(str(files("booked")))
    assert package.parent.name == "site-packages"
    assert (package / "py.typed").is_file()
    written = {file.name: file.read_text() for file in (CLIENT / "src" / "booked").glob("*.py")}
    assert written == {file.name: file.read_text() for file in package.glob("*.py")}


@pytest.mark.parametrize("number", range(3))
def test_the_programs_of_the_readme_have_the_right_types(tmp_path: Path, number: int) -> None:
    assert len(PROGRAMS) == 3
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[number])
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(program)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_file_says_what_it_is_for_and_is_short() -> None:
    sources = [file for folder in ("src", "tests") for file in (CLIENT / folder).rglob("*.py")] + [CLIENT / "tour.py"]
    assert len(sources) > 15
    for file in sources:
        text = file.read_text()
        assert text.startswith('"""'), file
        assert len(text.splitlines()) <= 400, file
