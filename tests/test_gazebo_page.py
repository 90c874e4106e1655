"""docs/gazebo.md: each assumption about a real server names a line of code that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "gazebo.md"
TOOL = ROOT / "tools" / "line_references.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assumptions() -> list[list[str]]:
    """Cells of the rows of the one table of assumptions."""
    table = PAGE.read_text().split("| assumption | depends on | how to check |\n", 1)[1]
    rows = [line for line in table.splitlines()[1:] if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]


def test_every_named_line_holds_the_named_symbol():
    done = run("--check", str(PAGE))
    assert done.returncode == 0, done.stderr


def test_each_assumption_has_a_line_that_depends_on_it_and_a_way_to_check_it():
    rows = assumptions()
    assert len(rows) >= 28
    for row in rows:
        assumption, depends, check = (cell.strip() for cell in row)
        assert assumption
        assert re.search(r"`[\w./-]+:\d+ [^`]+`", depends), assumption
        assert check, assumption
    assert len({row[0] for row in rows}) == len(rows)


def test_there_is_one_table_only():
    assert PAGE.read_text().count("| assumption |") == 1


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text("It runs `tools/line_references.py:999 def main(` and `no reference`.\n")
    return path


def test_the_tool_corrects_a_line_that_has_moved(page):
    assert run("--check", str(page)).returncode == 1
    assert run(str(page)).returncode == 0
    line = int(re.search(r":(\d+) def main", page.read_text())[1])
    assert TOOL.read_text().splitlines()[line - 1].startswith("def main(")
    assert run("--check", str(page)).returncode == 0


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("`nowhere.py:1 main`", "0 files are called nowhere.py"),
        ("`setup.py:1 setup`", "files are called setup.py"),
        ("`tools/line_references.py:1 no such thing`", "holds 'no such thing' any more"),
    ],
)
def test_the_tool_names_what_it_cannot_find(page, reference, message):
    page.write_text(reference)
    before = page.read_text()
    done = run(str(page))
    assert done.returncode == 1
    assert message in done.stderr
    assert page.read_text() == before
