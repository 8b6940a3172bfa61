"""The vLLM driver against the real engine on a CPU: `make vllm-test`. Minutes, for the engine takes one to start."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from aird.catalog.models import Kind, Version
from aird.deploy import children
from aird.deploy.drivers.base import Instance, Spec
from aird.deploy.drivers.client import UnitRefused
from aird.deploy.drivers.vllm import VllmOptions, VllmRuntime
from aird.deploy.errors import RuntimeFailed
from aird.runtimes import loading
from aird.testing import World
from aird.testing_ml import TEXTS
from aird.training.recipes import tokenizer as tokenizers
from aird.training.settings import TokenizerSettings
from tests.deploy.conftest import Stage, approved, deploy, serving, until

PYTHON = Path(__file__).parents[2] / ".vllm" / "bin" / "python"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),  # peft 0.21 on transformers 5.23
    pytest.mark.skipif(not os.environ.get("AIRD_TEST_VLLM"), reason="needs vLLM's CPU build: make vllm-test"),
]
BASE, ONE, TWO = "sha256:base", "sha256:one", "sha256:two"
PROMPT = [5, 17, 40, 41]
OPTIONS = VllmOptions(
    python=str(PYTHON), max_rank=8, slots=2, registered=8, dtype="float32", arguments=("--max-model-len", "256")
)
START_SECONDS = 600.0
FORMS = (
    "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
    "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
)  # fmt: skip
"""With these a model that babbles ends its JSON all the same."""
SWITCH = {
    "type": "object", "properties": {"on": {"type": "boolean"}, "room": {"enum": ["hall", "desk"]}},
    "required": ["on", "room"], "additionalProperties": False,
}  # fmt: skip


def make_models(folder: Path) -> Path:
    """A tiny base with attention heads of a size that vLLM computes on a CPU, and two LoRA adapters made by peft."""
    base = folder / "base"
    base.mkdir(parents=True)
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=384), [{"text": text} for text in TEXTS], 256)
    tokenizers.save(tokenizer, base)
    torch.manual_seed(0)
    ends = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=256, tie_word_embeddings=True, initializer_range=0.2, **ends,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(**{name: end for name, end in ends.items() if end is not None})
    with torch.no_grad():  # it never ends by itself
        network.get_output_embeddings().weight[tokenizer.eos_token_id] = 0.0
    loading.save_network(network, base)
    for seed, name in ((1, "one"), (2, "two")):
        torch.manual_seed(seed)
        lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False)
        get_peft_model(LlamaForCausalLM.from_pretrained(base), lora).save_pretrained(str(folder / name))
        (folder / name / "README.md").unlink()
    return base


def peft_says(base: Path, adapter: Path | None, count: int) -> list[int]:
    """The ids that transformers and peft answer in float32, greedily."""
    network = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = network if adapter is None else PeftModel.from_pretrained(network, adapter)
    made = model.generate(input_ids=torch.tensor([PROMPT]), max_new_tokens=count, do_sample=False)
    return [int(each) for each in made[0, len(PROMPT) :]]


def ask(engine: Instance, unit: str, count: int = 24) -> list[int]:
    """The ids that the engine answers."""
    socket = httpx.HTTPTransport(uds=engine.address.removeprefix("unix:"))
    with httpx.Client(transport=socket, base_url="http://engine", timeout=120) as client:
        body = {"model": unit, "prompt": PROMPT, "max_tokens": count, "temperature": 0, "return_token_ids": True}
        answer = client.post("/v1/completions", json=body)
        answer.raise_for_status()
        found: list[int] = answer.json()["choices"][0]["token_ids"]
        return found


def ready(runtime: VllmRuntime, engine: Instance) -> bool:
    assert engine.child is not None
    assert engine.child.ended() is None, engine.child.ended()
    try:
        return runtime.status(engine).state == "ready"
    except (httpx.HTTPError, ValueError):
        return False


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vllm-models")
    make_models(folder)
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> VllmRuntime:
    folder = tmp_path_factory.mktemp("vllm")
    return VllmRuntime(folder / "run", folder / "logs", OPTIONS)


@pytest.fixture(scope="module")
def engine(runtime: VllmRuntime, models: Path) -> Iterator[Instance]:
    """One real engine for the tests of the driver."""
    started = runtime.start(Spec(BASE, models / "base"))
    until(lambda: ready(runtime, started), "vLLM is up", seconds=START_SECONDS)
    yield started
    runtime.stop(started, 5.0)


def test_the_base_and_two_adapters_answer_what_peft_answers_in_float32(
    engine: Instance, runtime: VllmRuntime, models: Path
):
    for unit, folder in ((ONE, "one"), (TWO, "two")):
        runtime.load(engine, unit, models / folder)
        runtime.load(engine, unit, models / folder)  # once more is nothing
    status = runtime.status(engine)
    assert (status.state, status.units) == ("ready", {BASE, ONE, TWO})
    assert status.version.startswith("0.32")
    said = {unit: ask(engine, unit) for unit in (BASE, ONE, TWO)}
    assert said[BASE] == peft_says(models / "base", None, 24)
    assert said[ONE] == peft_says(models / "base", models / "one", 24)
    assert said[TWO] == peft_says(models / "base", models / "two", 24)
    assert len({tuple(each) for each in said.values()}) == 3


def test_a_unit_that_answers_is_busy_and_an_unloaded_one_is_gone(engine: Instance, runtime: VllmRuntime, models: Path):
    runtime.load(engine, ONE, models / "one")
    asking = threading.Thread(target=ask, args=[engine, ONE, 240])
    asking.start()
    until(lambda: ONE in runtime.status(engine).busy, "it is busy", seconds=30)
    asking.join()
    until(lambda: not runtime.status(engine).busy, "it is done", seconds=30)
    assert runtime.unload(engine, ONE)
    assert runtime.unload(engine, ONE)  # once more is nothing
    assert ONE not in runtime.status(engine).units
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        ask(engine, ONE)


def test_what_it_cannot_load_is_refused_and_the_others_go_on(
    engine: Instance, runtime: VllmRuntime, models: Path, tmp_path: Path
):
    runtime.load(engine, TWO, models / "two")
    with pytest.raises(UnitRefused, match="No adapter found"):
        engine.client.load("sha256:none", tmp_path)
    lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False, use_dora=True)
    get_peft_model(LlamaForCausalLM.from_pretrained(models / "base"), lora).save_pretrained(str(tmp_path / "dora"))
    with pytest.raises(UnitRefused, match="DoRA"):  # it says so itself
        engine.client.load("sha256:dora", tmp_path / "dora")
    with pytest.raises(RuntimeFailed, match="Fold its magnitudes"):  # and before it is asked
        runtime.load(engine, "sha256:dora", tmp_path / "dora")
    assert ask(engine, TWO, 4) == peft_says(models / "base", models / "two", 4)


def test_it_takes_about_what_was_estimated_and_counts_what_it_makes(engine: Instance, runtime: VllmRuntime):
    assert engine.child is not None
    took, expected = children.memory_of(engine.child.pid), runtime.estimate(engine.spec).total
    print(f"\nestimated {expected / 2**20:.0f} MiB, took {took / 2**20:.0f} MiB")
    assert expected / 3 < took < expected * 1.5
    before = runtime.metrics(engine)
    ask(engine, BASE, 8)
    after = runtime.metrics(engine)
    assert after.generation_tokens - before.generation_tokens == 8
    assert after.prompt_tokens - before.prompt_tokens == len(PROMPT)


def unit_says(stage: Stage, version: Version) -> str:
    """The answer over the gateway, once it is this version's."""
    client, said = stage.client(stage.key()), []

    def asked() -> bool:
        made = client.chat.completions.create(
            model="support/desk", messages=[{"role": "user", "content": "My password?"}], temperature=0, max_tokens=12
        )
        said.append(made.choices[0].message.content)
        return version.artifact[7:19] in made.model

    until(asked, f"{version.ref} answers", seconds=10)
    return str(said[-1])


@pytest.fixture
def stage(world: World, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    settings = world.settings
    for name, value in (
        ("runtime", "vllm"), ("vllm_python", str(PYTHON)), ("vllm_dtype", "float32"), ("vllm_max_rank", 8),
        ("vllm_args", ["--max-model-len", "256", *FORMS]),
    ):  # fmt: skip
        monkeypatch.setattr(settings, name, value)
    made = Stage(world)
    made.base = world.version("platform/base", kind=Kind.BASE, folder=models / "base")
    yield from serving(made)


def test_adapters_come_and_go_without_a_restart_and_a_killed_engine_comes_back(stage: Stage, models: Path):
    one, two = (
        approved(stage.world, "support/bot", kind=Kind.ADAPTER, base=stage.base, folder=models / name)
        for name in ("one", "two")
    )
    began = time.monotonic()
    deploy(stage.world, "support/desk", one)
    until(lambda: stage.answers(one), "the first answers", seconds=START_SECONDS)
    up = time.monotonic() - began
    first = unit_says(stage, one)
    pid = pid_of(stage)
    deploy(stage.world, "support/desk", two)
    began = time.monotonic()
    stage.reconciler.wake()
    until(lambda: stage.answers(two), "the second answers", seconds=30)
    changed = time.monotonic() - began
    second = unit_says(stage, two)
    assert first != second
    assert pid_of(stage) == pid
    answers_in_the_forms_that_are_asked_for(stage)
    for each in children.descendants(pid):
        os.kill(each, signal.SIGKILL)
    until(lambda: stage.endpoint().state != "ready", "the death is seen", seconds=30)
    began = time.monotonic()
    until(lambda: stage.answers(two), "it answers again", seconds=START_SECONDS)
    assert unit_says(stage, two) == second
    assert pid_of(stage) != pid
    again = time.monotonic() - began
    print(f"\nup in {up:.1f} s, an adapter changed in {changed:.2f} s, back after a kill in {again:.1f} s")


def answers_in_the_forms_that_are_asked_for(stage: Stage) -> None:
    """A schema of JSON, a named function, the same streamed, over the gateway."""
    ask: dict[str, Any] = {
        "model": "support/desk", "messages": [{"role": "user", "content": "Switch it"}], "temperature": 0,
        "max_tokens": 80,
    }  # fmt: skip
    tool = {"type": "function", "function": {"name": "switch", "parameters": SWITCH}}
    named = {"tools": [tool], "tool_choice": {"type": "function", "function": {"name": "switch"}}}
    create = stage.client(stage.key()).chat.completions.create
    schema = {"type": "json_schema", "json_schema": {"name": "switch", "schema": SWITCH, "strict": True}}
    said = json.loads(create(**ask, response_format=schema).choices[0].message.content)
    assert said.keys() == {"on", "room"}
    assert isinstance(said["on"], bool)
    assert said["room"] in ("hall", "desk")
    [call] = create(**ask, **named).choices[0].message.tool_calls
    assert call.function.name == "switch"
    pieces = [piece.choices[0].delta.tool_calls for piece in create(**ask, **named, stream=True) if piece.choices]
    calls = [each[0].function for each in pieces if each]
    assert calls[0].name == "switch"
    assert "".join(each.arguments or "" for each in calls) == call.function.arguments


def pid_of(stage: Stage) -> int:
    [replica] = [each for each in stage.endpoint().replicas if each.state == "ready"]
    assert replica.pid is not None
    assert replica.runtime == "vllm"
    return replica.pid


def test_all_of_an_engine_that_a_killed_run_left_is_ended(runtime: VllmRuntime, models: Path):
    left = runtime.start(Spec(BASE, models / "base", number=3))
    child = left.child
    assert child is not None
    until(lambda: len(children.descendants(child.pid)) > 1, "it has children of its own", seconds=START_SECONDS)
    family = [child.pid, *children.descendants(child.pid)]
    assert not children.end_leftover(child.pid, "of another process")
    assert children.end_leftover(child.pid, child.birth)
    until(lambda: not any(map(_runs, family)), "all of it is gone", seconds=10)
    runtime.stop(left, 0.0)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
