"""An adapter put into its base: the same answers as beside it, for every kind, in the base's own shards."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from aird.merge.methods import bake, shards
from aird.merge.methods.bake import Change, bake_adapter
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters, loading
from aird.runtimes.adapters import Factors
from aird.runtimes.tensor_file import TensorReader, TensorWriter
from aird.testing_ml import make_adapter

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore::peft.utils.warning.PeftWarning"),
]
IDS = torch.tensor([[5, 9, 101, 42, 7, 300, 12, 1]])
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"r": 4, "lora_alpha": 8},
    "rslora": {"r": 4, "lora_alpha": 8, "use_rslora": True},
    "patterns": {"r": 4, "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"up_proj": 3}},
    "dora": {"r": 4, "lora_alpha": 8, "use_dora": True},
    "saved norm": {"r": 4, "modules_to_save": ["model.norm"]},
}


def trained(base: Path, out: Path, **config: Any) -> Path:
    """An adapter as PEFT saves it, every number of it random."""
    network = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    targets = config.pop("target_modules", ["q_proj", "v_proj", "up_proj", "down_proj"])
    torch.manual_seed(7)
    peft = get_peft_model(network, LoraConfig(task_type="CAUSAL_LM", target_modules=targets, **config))
    with torch.no_grad():
        for name, values in peft.named_parameters():
            if values.requires_grad and "magnitude" not in name:
                values.add_(torch.randn_like(values) * 0.1)
            elif values.requires_grad:
                values.mul_(1 + 0.1 * torch.randn_like(values))
    peft.save_pretrained(str(out))
    return out


def answers(folder: Path, adapter: Path | None = None) -> Tensor:
    """Logits of transformers, and of PEFT where there is an adapter."""
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if adapter is not None:
        network = PeftModel.from_pretrained(network, str(adapter))
    with torch.no_grad():
        logits: Tensor = network.eval()(IDS).logits
    return logits


@pytest.fixture(scope="session")
def biased(tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]) -> Path:
    """A base whose q, k and v have a bias."""
    folder = tmp_path_factory.mktemp("biased") / "base"
    torch.manual_seed(2)
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    network = Qwen2ForCausalLM(Qwen2Config(vocab_size=384, **sizes, tie_word_embeddings=False))
    for name, values in network.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(values)
    loading.save_network(network, folder)
    loading.copy_tokenizer(tiny["base"], folder)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_baked_in_an_adapter_answers_as_beside_its_base(tiny: Mapping[str, Path], tmp_path: Path, kind: str) -> None:
    adapter = trained(tiny["base"], tmp_path / "adapter", **KINDS[kind])
    found = bake_adapter(tiny["base"], adapter, tmp_path / "out")
    torch.testing.assert_close(answers(tmp_path / "out"), answers(tiny["base"], adapter), rtol=1e-4, atol=1e-4)
    assert found.rounding < 1e-6
    assert found.modules == len(adapters.read(adapter).shapes) + (kind == "saved norm")


def test_biases_are_added_where_the_base_has_one(biased: Path, tmp_path: Path) -> None:
    adapter = trained(biased, tmp_path / "adapter", r=4, lora_bias=True, target_modules=["q_proj", "k_proj"])
    bake_adapter(biased, adapter, tmp_path / "out")
    torch.testing.assert_close(answers(tmp_path / "out"), answers(biased, adapter), rtol=1e-4, atol=1e-4)


def test_a_bias_that_the_base_has_no_place_for_is_refused(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    adapter = trained(tiny["base"], tmp_path / "adapter", r=4, lora_bias=True)
    with pytest.raises(MergeNotPossible, match=r"_proj, which has none in the base.*lora_bias=False"):
        bake_adapter(tiny["base"], adapter, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.safetensors*"))


def test_a_head_of_its_own_is_replaced(biased: Path, tmp_path: Path) -> None:
    adapter = trained(biased, tmp_path / "adapter", r=4, modules_to_save=["lm_head"])
    bake_adapter(biased, adapter, tmp_path / "out")
    torch.testing.assert_close(answers(tmp_path / "out"), answers(biased, adapter), rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`:UserWarning")
def test_a_head_that_is_the_embedding_cannot_change_alone(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    adapter = trained(tiny["base"], tmp_path / "adapter", r=4, modules_to_save=["lm_head"])
    with pytest.raises(MergeNotPossible, match=r"lm_head.* embedding and head are the same weights"):
        bake_adapter(tiny["base"], adapter, tmp_path / "out")


@pytest.mark.parametrize("same", [True, False])
def test_embedding_and_head_that_are_one_stay_one(tiny: Mapping[str, Path], tmp_path: Path, same: bool) -> None:
    shape = shards.places(tiny["base"])["model.embed_tokens.weight"][1].shape
    new = {"model.embed_tokens": torch.ones(shape), "lm_head": torch.ones(shape) * (1 if same else 2)}
    if not same:
        with pytest.raises(MergeNotPossible, match="apart from each other"):
            bake.bake(tiny["base"], new, lambda module, _: Change(weight=new[module]), tmp_path / "out")
        return
    bake.bake(tiny["base"], new, lambda module, _: Change(weight=new[module]), tmp_path / "out")
    assert set(shards.places(tmp_path / "out")) == set(shards.places(tiny["base"]))
    network = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert network.lm_head.weight is network.model.embed_tokens.weight
    assert bool((network.lm_head.weight == 1).all())


def sharded(base: Path, out: Path, dtype: torch.dtype) -> Path:
    network = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    network.save_pretrained(str(out), max_shard_size="15KB")
    loading.copy_tokenizer(base, out)
    return out


def head_of(path: Path) -> bytes:
    raw = path.read_bytes()
    return raw[: 8 + int.from_bytes(raw[:8], "little")]


def test_names_types_and_shards_are_the_bases_and_all_else_its_bytes(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    base = sharded(tiny["base"], tmp_path / "base", torch.bfloat16)
    (base / "README.md").write_text("Of the base.")
    (base / "LICENSE").write_text("MIT")
    heard: list[tuple[int, int]] = []
    found = bake_adapter(base, tiny["three"], tmp_path / "out", report=lambda done, total: heard.append((done, total)))
    names = {path.name for path in base.iterdir()} - {"README.md"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert len([name for name in names if name.endswith(".safetensors")]) > 2
    changed = {name for name in names if (base / name).read_bytes() != (tmp_path / "out" / name).read_bytes()}
    assert changed
    assert all(head_of(base / name) == head_of(tmp_path / "out" / name) for name in changed)
    assert 1e-3 < found.rounding < 0.5
    assert heard[-1] == (len(shards.places(base)), len(shards.places(base)))


def test_the_sum_is_rounded_once_from_float32(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    base = sharded(tiny["base"], tmp_path / "base", torch.float16)
    bake_adapter(base, tiny["three"], tmp_path / "out")
    module = "model.layers.1.self_attn.q_proj"
    pair = adapters.read(tiny["three"]).factors(module)
    path, _ = shards.places(base)[f"{module}.weight"]
    with TensorReader(path) as old, TensorReader(tmp_path / "out" / path.name) as new:
        expected = (old.read(f"{module}.weight").float() + pair.scaling * pair.b @ pair.a).half()
        torch.testing.assert_close(new.read(f"{module}.weight"), expected, rtol=1e-3, atol=1e-6)


def test_a_run_that_was_cut_off_goes_on_with_the_next_shard(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    base = sharded(tiny["base"], tmp_path / "base", torch.bfloat16)
    total = len(shards.places(base))

    def cut(done: int, _: int) -> None:
        if done == total - 1:
            raise KeyboardInterrupt

    whole = bake_adapter(base, tiny["one"], tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        bake_adapter(base, tiny["one"], tmp_path / "again", report=cut)
    before = {path.name: path.stat().st_mtime_ns for path in shards.shards(tmp_path / "again")}
    assert 0 < len(before) < len(shards.shards(base))
    again = bake_adapter(base, tiny["one"], tmp_path / "again")
    assert {name: (tmp_path / "again" / name).stat().st_mtime_ns for name in before} == before
    assert (again.rounding, again.roundings) == (whole.rounding, whole.roundings)
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"base", "whole", "again"}


def test_an_adapter_of_another_base_is_refused(tiny: Mapping[str, Path], biased: Path, tmp_path: Path) -> None:
    for name, pair, message in (
        (
            "model.layers.9.mlp.up_proj",
            Factors(torch.ones(1, 32), torch.ones(48, 1), 1.0),
            "has no module model.layers.9",
        ),
        ("model.layers.0.mlp.up_proj", Factors(torch.ones(1, 31), torch.ones(48, 1), 1.0), "the change is"),
    ):
        with pytest.raises(MergeNotPossible, match=message):
            bake.bake(tiny["base"], [name], lambda module, _, pair=pair: Change(delta=pair), tmp_path / "out")  # type: ignore[misc]


def test_a_dense_change_is_added_as_factors_are(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    source = adapters.read(tiny["one"])

    def dense(module: str, _: Any) -> Change:
        pair = source.factors(module)
        return Change(delta=pair.scaling * pair.b @ pair.a)

    bake.bake(tiny["base"], source.shapes, dense, tmp_path / "dense")
    bake_adapter(tiny["base"], tiny["one"], tmp_path / "factors")
    torch.testing.assert_close(answers(tmp_path / "dense"), answers(tmp_path / "factors"), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("where", ["chat_template.jinja", "tokenizer_config.json"])
def test_the_words_of_the_adapter_count(tiny: Mapping[str, Path], tmp_path: Path, where: str) -> None:
    adapter = make_adapter(tmp_path / "adapter")
    if where == "chat_template.jinja":
        (adapter / where).write_text("own")
    else:
        config = json.loads((tiny["base"] / "tokenizer_config.json").read_text())
        (adapter / where).write_text(json.dumps({**config, "chat_template": "own"}))
    bake_adapter(tiny["base"], adapter, tmp_path / "out")
    bake_adapter(tiny["base"], tiny["one"], tmp_path / "silent")
    assert loading.template(tmp_path / "out") == "own"
    assert loading.template(tmp_path / "silent") == loading.template(tiny["base"]) != "own"


MEASURE = """
import resource, sys
from pathlib import Path
from aird.merge.methods.bake import bake_adapter
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bake_adapter(*map(Path, sys.argv[1:]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_it_takes_a_fraction_of_the_largest_shard(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    rows, columns, modules = 4096, 2048, [f"model.layers.{n}.mlp.up_proj" for n in range(12)]
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text('{"tie_word_embeddings": false}')
    names = [*(f"{module}.weight" for module in modules), "lm_head.weight"]
    with TensorWriter(base / "model.safetensors", [(name, torch.bfloat16, (rows, columns)) for name in names]) as file:
        for name in names:
            file.add(name, torch.ones(rows, columns))
    pair = Factors(torch.ones(4, columns), torch.ones(rows, 4), 0.5)
    adapters.write(tmp_path / "adapter", dict.fromkeys(modules, pair), base_name="base")
    command = [sys.executable, "-c", MEASURE, str(base), str(tmp_path / "adapter"), str(tmp_path / "out")]
    grown = int(subprocess.check_output(command, env=os.environ | {"OMP_NUM_THREADS": "1"})) * 1024
    shard = (base / "model.safetensors").stat().st_size
    assert shard > 200 << 20
    assert grown < shard / 2
