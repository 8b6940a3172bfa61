"""Our half of the catalog's benchmark on a small catalog; MLflow's half needs an environment of its own."""

import json

import pytest

from benchmarks import catalog
from benchmarks.catalog_data import FAMILY, Spec, member, parent_of


@pytest.mark.slow
@pytest.mark.long
def test_the_catalog_benchmark_finds_what_it_put_in(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--models", "520", "--small", "500", "--versions", "2", "--calls", "12", "--seconds", "20"]
    catalog.main([*sizes, "--db", "sqlite", "--without-mlflow", "--json"])
    found = json.loads(capsys.readouterr().out)["sqlite"]
    assert list(found) == ["1000", "1040"]
    asked = found["1040"]["aird"]
    assert 40 <= asked["latest"]["found"] <= 50
    assert 468 <= asked["facets"]["found"] < 480  # not the private ones of other departments
    assert asked["alias"]["found"] == 1
    assert 0 < asked["search"]["found"] < 10 < asked["chinese"]["found"]
    assert asked["family"]["found"] > 850
    assert all(0 < each["p50"] <= each["p95"] for each in asked.values())


def test_every_member_of_the_family_has_one_place() -> None:
    for spec in (Spec(500, 20), Spec(10_000, 20)):
        assert len({member(node, spec) for node in range(FAMILY)}) == FAMILY
    assert [parent_of(node) for node in (0, 1, 4, 5, 999)] == [None, 0, 0, 1, 249]
