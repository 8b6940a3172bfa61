"""What the web process reads of the numerical layer must not load the ML stack."""

import subprocess
import sys

import pytest

TORCH_FREE = (
    "aird.training.settings",
    "aird.training.recipes.progress",
    "aird.training.recipes.errors",
    "aird.merge.methods.base",
    "aird.merge.methods.errors",
    "aird.evaluation.scorers.outcome",
    "aird.runtimes.base",
    "aird.runtimes.errors",
)


def loads_torch(modules: tuple[str, ...]) -> bool:
    code = f"import sys, {', '.join(modules)}; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip() == "True"


@pytest.mark.parametrize(("modules", "expected"), [(TORCH_FREE, False), (("aird.merge.methods.core",), True)])
def test_settings_and_results_load_without_torch(modules: tuple[str, ...], expected: bool):
    assert loads_torch(modules) is expected
