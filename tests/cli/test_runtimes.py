"""`aird runtimes` against the stand-in."""

from collections.abc import Callable

from click.testing import Result

from tests.client.stand_in import StandIn

FIT = {"chip": "cpu", "runtime": "vllm", "verdict": "no", "bytes": 2**31, "through": "vLLM", "here": True,
       "reasons": [{"code": "dora", "message": "It is a DoRA.", "fix": "Merge it."}]}  # fmt: skip


def test_fits_say_why_not_and_leave_out_chips_that_are_not_here(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/fits", {"fits": [FIT, {**FIT, "chip": "NVIDIA GPU", "here": False}]})
    result = aird("runtimes", "fits", "hr/bot@1")
    assert result.exit_code == 0, result.output
    assert "It is a DoRA. Merge it." in result.stdout
    assert "2.0 GiB" in result.stdout
    assert "NVIDIA" not in result.stdout
    assert server.calls[0].query == {"version": "hr/bot@1"}
    assert "NVIDIA GPU" in aird("runtimes", "fits", "hr/bot@1", "--all").stdout


def test_what_nobody_tried_is_unverified(aird: Callable[..., Result], server: StandIn) -> None:
    cell = {
        "title": "CPU",
        "runtime": "hf",
        "through": "PyTorch",
        "evidence": {"passed": True, "runtime_version": "0.1"},
    }
    server.on("GET", "/api/v1/evidence", {"runtimes": [cell, {**cell, "title": "AMD GPU", "evidence": None}]})
    lines = aird("runtimes", "evidence").stdout.splitlines()
    assert any(line.split()[:4] == ["CPU", "hf", "verified", "0.1"] for line in lines)
    assert any("AMD GPU" in line and "unverified" in line for line in lines)


def test_a_runtime_is_tried_by_a_job(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/evidence/runs", {"id": "7"})
    result = aird("runtimes", "try", "platform/base@1", "--adapter", "hr/bot@1", "--runtime", "vllm")
    assert result.exit_code == 0, result.output
    assert server.calls[0].json() == {"base": "platform/base@1", "adapter": "hr/bot@1", "runtime": "vllm", "chip": None}
