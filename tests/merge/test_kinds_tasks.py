"""Adapters that are more than plain LoRA, filed, planned and merged by the job, from upload to answer."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.errors import AirdError
from aird.jobs.models import Job
from aird.merge import service
from aird.merge.schemas import MergeBody
from aird.testing_ml import make_base
from tests import kinds
from tests.tiny import Workshop

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]
RECIPE = """
merge_method: task_arithmetic
base_model: platform/tiny@1
models:
{parents}
aird: {{model: support/all, output: {output}}}
"""
FILED = {
    "support/mail": "lora_bias_rslora_patterns",
    "support/leave": "head_and_embedding",
    "support/books": "dora_and_head",
}
SHARES = {"support/mail": 0.7, "support/leave": -0.4, "support/books": 0.9}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A base where everything has its place, and adapters of three kinds and ranks."""
    home = tmp_path_factory.mktemp("kinds")
    base = make_base(home / "base", tied=False, biases=True)
    adapters = {}
    for number, (name, kind) in enumerate(FILED.items()):
        adapters[name] = kinds.make(kind, base, home / kind, seed=number, r=2 + number)
        (adapters[name] / "README.md").unlink()
    return {"base": base, **adapters}


@pytest.fixture(autouse=True)
def parents(workshop: Workshop, folders: dict[str, Path]) -> list[Version]:
    workshop.folders = folders
    base = workshop.model("platform/tiny", "base")
    return [workshop.model(name, name, base=base) for name in FILED]


def merge(workshop: Workshop, names: list[str], output: str) -> Job:
    lines = [f"  - {{model: {name}@1, parameters: {{weight: {SHARES[name]}}}}}" for name in names]
    body = MergeBody(yaml=RECIPE.format(parents="\n".join(lines), output=output))
    with workshop.world.database.write() as session:
        service.order_merge(session, workshop.world.actor("sam"), body)
    job = workshop.work()
    assert (job.state, job.error_message) == ("succeeded", None)
    return job


def expected(folders: dict[str, Path], names: list[str]) -> dict[str, Tensor]:
    """Base + the weighted sum of what PEFT makes of each, in float64."""
    start = {name: tensor.double() for name, tensor in load_file(folders["base"] / "model.safetensors").items()}
    total = {name: tensor.clone() for name, tensor in start.items()}
    for each in names:
        for name, tensor in kinds.peft_weights(folders["base"], folders[each]).items():
            total[name] += SHARES[each] * (tensor - start[name])
    return total


def child(workshop: Workshop, job: Job, folder: Path) -> tuple[Version, Path]:
    with workshop.world.database.read() as session:
        version = catalog_queries.get_ref(session, (job.result or {})["version"])
    return version, workshop.world.store.fetch(version.artifact, folder)


def close(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    assert max(float((found[name].double() - t).norm() / t.norm()) for name, t in wanted.items()) < 1e-6


def test_biases_and_replaced_modules_come_out_summed(
    workshop: Workshop, folders: dict[str, Path], tmp_path: Path
) -> None:
    names = ["support/mail", "support/leave"]
    version, folder = child(workshop, merge(workshop, names, "adapter"), tmp_path / "child")
    assert (version.kind, version.facts["features"]) == ("adapter", ["lora_bias", "modules_to_save"])
    assert set(version.facts["saved"]) == {"lm_head.weight", "model.embed_tokens.weight"}
    close(kinds.peft_weights(folders["base"], folder), expected(folders, names))


def test_dora_is_stopped_as_an_adapter_and_exact_as_a_whole_model(
    workshop: Workshop, folders: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(AirdError, match=r"support/books@1 is a DoRA adapter"):
        merge(workshop, list(FILED), "adapter")
    version, folder = child(workshop, merge(workshop, list(FILED), "full"), tmp_path / "child")
    assert (version.kind, version.facts["features"]) == ("full", [])
    close(load_file(folder / "model.safetensors"), expected(folders, list(FILED)))


def test_a_base_that_differs_in_a_saved_modules_shape_is_not_taken_for_it(
    workshop: Workshop, folders: dict[str, Path], tmp_path: Path
) -> None:
    """The shapes of all of a base's tensors come from its configuration in the store."""
    tensors = load_file(folders["support/leave"] / "adapter_model.safetensors")
    name = "base_model.model.lm_head.weight"
    wide = tmp_path / "wide"
    wide.mkdir()
    save_file(tensors | {name: torch.cat([tensors[name], tensors[name]])}, wide / "adapter_model.safetensors")
    (wide / "adapter_config.json").write_bytes((folders["support/leave"] / "adapter_config.json").read_bytes())
    workshop.folders = folders | {"wide": wide}
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/tiny@1")
    workshop.model("support/again", "support/leave", base=base)
    with pytest.raises(AirdError, match="in the base"):
        workshop.model("support/wide", "wide", base=base)
