"""What is shipped: the wheel has the web UI, the migrations and the sample's models, and no tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "aird/_ui/index.html").exists(), reason="the UI is not built: make ui")
def test_the_wheel_has_all_that_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for wanted in (
        "aird/_ui/index.html",
        "aird/_migrations/env.py",
        "aird/sample/assets/base/teacher/model.safetensors",
    ):
        assert wanted in names
    assert any(name.startswith("aird/_ui/assets/") and name.endswith(".js") for name in names)
    assert any(name.startswith("aird/_migrations/versions/0001") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "web/", "benchmarks/")) or "__pycache__" in name]
