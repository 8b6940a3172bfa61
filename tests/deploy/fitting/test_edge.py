"""Where an edge export can run, and what is said of a version that is none."""

import pytest

from aird.deploy.fitting import edge
from aird.deploy.fitting.matching import FitVerdict, Place, match
from tests.deploy.fitting.test_matching import DRIVERS, LLAMA, manifest

EXPORT = "gguf q8_0"
CONFIG = {**LLAMA, "model_type": "llama"}
PLACES = [Place("cpu"), Place("Apple GPU"), Place("Google TPU"), Place("NVIDIA H100", 80 * 10**9)]


def test_an_export_is_verified_where_it_was_compared_and_should_run_elsewhere() -> None:
    found = edge.fits(manifest(config=CONFIG, quantization=EXPORT), PLACES, "llama.cpp, ggml 0.12")
    verdicts = {each.chip: each.verdict for each in found}
    assert found[0].chip == "cpu"
    assert found[0].verified_version == "llama.cpp, ggml 0.12"
    assert verdicts == {
        "cpu": FitVerdict.VERIFIED,
        "Apple GPU": FitVerdict.SHOULD_WORK,
        "NVIDIA H100": FitVerdict.SHOULD_WORK,
        "Google TPU": FitVerdict.NO,
    }
    assert found[0].estimate.total > 16_060_000_000


def test_no_engine_of_the_house_reads_an_export() -> None:
    found = match(manifest(config=CONFIG, quantization=EXPORT), [Place("cpu")], DRIVERS)
    assert {each.verdict for each in found} == {FitVerdict.NO}
    assert all("edge_export" in {reason.code for reason in each.reasons} for each in found)
    whole = match(manifest(config=CONFIG), [Place("cpu")], DRIVERS)
    assert {each.verdict for each in whole} == {FitVerdict.SHOULD_WORK}


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [("llama", "not_exported", "aird export support/bot@1"), ("gemma2", "not_exportable", "architecture gemma2")],
)
def test_another_version_is_told_how_to_become_one(kind: str, code: str, said: str) -> None:
    [found] = edge.fits(manifest(config={**LLAMA, "model_type": kind}), [Place("cpu")])
    assert found.verdict is FitVerdict.NO
    assert [each.code for each in found.reasons] == [code]
    assert said in str(found.reasons[0])


def test_what_is_larger_than_the_chip_does_not_fit() -> None:
    small = [Place("NVIDIA RTX", 8 * 10**9)]
    [found] = edge.fits(manifest(config=CONFIG, quantization=EXPORT), small)
    assert [each.code for each in found.reasons] == ["no_room"]
    [fits] = edge.fits(manifest(config=CONFIG, quantization=EXPORT, weight_bytes=4 * 10**9), small)
    assert fits.verdict is FitVerdict.SHOULD_WORK
