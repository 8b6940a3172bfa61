"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aird.core.settings import Settings

ROOT = Path(__file__).parents[1]
PYTHON = sorted(path for folder in ("aird", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
TYPESCRIPT = sorted(path for path in (ROOT / "web" / "src").rglob("*.ts*") if not path.name.endswith(".gen.ts"))
BANNED_NAMES = {"utils", "helpers", "common", "manager", "misc"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in PYTHON if path.is_relative_to(ROOT / "aird")], ids=short)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{short(path)} has no docstring"


def test_no_module_is_longer_than_a_reader_holds() -> None:
    written = [path for path in PYTHON if not path.name.endswith("_gen.py")]
    assert [short(path) for path in written if len(path.read_text().splitlines()) > 400] == []
    assert [short(path) for path in TYPESCRIPT if len(path.read_text().splitlines()) > 250] == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [short(path) for path in PYTHON if path.stem in BANNED_NAMES] == []


def test_the_table_of_tables_names_every_slice() -> None:
    listed = (ROOT / "aird" / "tables.py").read_text()
    for path in (ROOT / "aird").glob("*/models.py"):
        if "mapped_column" not in path.read_text():
            continue  # the command `aird models` is no table
        assert f"import aird.{path.parent.name}.models" in listed, short(path)


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `AIRD_([A-Z_]+)` \|", page, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        assert str(field.description).split(";")[0].rstrip(".") in page, f"{name}: {field.description}"


def test_every_package_has_its_room_in_the_plan() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    for path in (ROOT / "aird").glob("*/__init__.py"):
        assert f"`{path.parent.name}`" in page, path.parent.name


@pytest.mark.parametrize("module", ["aird.server.app", "aird.worker", "aird.cli.main", "aird.sample.run"])
def test_the_ml_stack_stays_out(module: str) -> None:
    code = f"import sys, {module}; print(sorted(sys.modules.keys() & {{'torch', 'transformers', 'peft', 'mergekit'}}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_decision_fits_a_page_and_is_numbered() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert all(len((ROOT / "docs" / "decisions" / name).read_text().splitlines()) <= 60 for name in names)


def test_nothing_names_this_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.suffix in {".safetensors", ".png", ".jpg", ".ico", ".woff2"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(^|[^\w.])/(work|root|farm)/", text), name
