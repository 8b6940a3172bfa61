"""Training goes on from an adapter of any kind, in its own shape; teachers of any kind leave the base as it was."""

from pathlib import Path

import pytest
import torch

from aird.runtimes import adapters, loading
from aird.testing_ml import make_base
from aird.training.recipes import distill, sft
from aird.training.recipes.distill import Teacher
from aird.training.settings import LoraSettings, SftSettings
from aird.training.settings_distill import DistillSettings
from tests import kinds
from tests.kinds import CPU, IDS

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]
CHATS = [
    {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": f"Queue {n}."}]}
    for n in range(2)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model"), tied=False)


@pytest.mark.parametrize("kind", ["dora", "lora_bias", "head_and_embedding"])
def test_training_goes_on_with_all_that_the_adapter_has(base: Path, tmp_path: Path, kind: str) -> None:
    start = kinds.make(kind, base, tmp_path / "start")
    settings = SftSettings(steps=2, learning_rate=1e-2, batch_size=2)
    sft.train(settings, base, CHATS, tmp_path / "out", report=lambda _: None, start_adapter=start)
    before, after = adapters.read(start), adapters.read(tmp_path / "out")
    assert (after.features, after.saved, after.shapes) == (before.features, before.saved, before.shapes)
    module = "model.layers.0.self_attn.q_proj"
    old, new = before.factors(module), after.factors(module)
    for name in ("magnitude", "bias"):
        one, other = getattr(old, name), getattr(new, name)
        assert (one is None) == (other is None)
        assert one is None or not torch.equal(one, other)
    for name in before.saved:
        assert not torch.equal(before.saved_tensor(name), after.saved_tensor(name))


def test_a_teacher_that_replaces_the_head_leaves_it_to_the_student(base: Path, tmp_path: Path) -> None:
    teacher = kinds.make("head_and_embedding", base, tmp_path / "teacher")
    settings = DistillSettings(steps=1, learning_rate=1e-9, lora=LoraSettings(r=2), answers="given")
    lessons = [Teacher(base, teacher, CHATS)]
    distill.distill(settings, lessons, base, None, tmp_path / "out", report=lambda _: None)
    assert adapters.read(tmp_path / "out").features == frozenset()
    network = loading.load_network(base, device=CPU)
    with torch.no_grad():
        bare = network(input_ids=IDS).logits
    torch.testing.assert_close(kinds.peft(base, tmp_path / "out"), bare)


def test_without_adapters_the_base_is_the_base_again(base: Path, tmp_path: Path) -> None:
    network = loading.load_network(base, device=CPU)
    with torch.no_grad():
        bare = network(input_ids=IDS).logits
        folder = kinds.make("head_and_embedding", base, tmp_path / "adapter")
        network = loading.attach(network, adapters.read(folder), "slot").unload()
        torch.testing.assert_close(network(input_ids=IDS).logits, bare, rtol=0, atol=0)
