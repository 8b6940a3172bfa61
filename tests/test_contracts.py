"""Each of the five import contracts is seen to break on a planted violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PLANTED = {
    "Imports point down": ("aird/catalog/lifecycle.py", "from aird.deploy import placement\n"),
    "Inside a slice": ("aird/catalog/models.py", "from aird.catalog import service\n"),
    "The web process never reaches the ML stack": (
        "aird/server/doctor.py", "def planted() -> None:\n    import torch\n"),
    "Numerical code reaches neither": ("aird/merge/methods/linear.py", "import sqlalchemy\n"),
    "The audit tables are written": ("aird/catalog/service.py", "from aird.audit.models import AuditEntry\n"),
}  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", "assets", "_ui")
    shutil.copytree(ROOT / "aird", tmp_path / "aird", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()",
    ]
    return subprocess.run(
        [*command, "--no-cache"], cwd=house, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(house)}
    )


@pytest.mark.slow
def test_the_contracts_are_kept(house: Path) -> None:
    found = lint(house)
    assert "5 kept, 0 broken" in found.stdout, found.stdout + found.stderr


@pytest.mark.slow
@pytest.mark.parametrize("contract", list(PLANTED))
def test_a_planted_violation_breaks_the_contract(house: Path, contract: str) -> None:
    file, line = PLANTED[contract]
    path = house / file
    path.write_text(path.read_text() + "\n\n" + line)
    found = lint(house)
    broken = [each for each in found.stdout.splitlines() if each.endswith("BROKEN")]
    assert any(each.startswith(contract) for each in broken), found.stdout + found.stderr
