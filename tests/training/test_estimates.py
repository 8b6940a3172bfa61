"""What a training is expected to take: the rules, and the answer over HTTP."""

from typing import Any

import pytest

from aird.jobs.routes import router as jobs
from aird.training import estimates
from aird.training.estimates import Body, Reading
from aird.training.routes import router
from aird.training.settings import ArchitectureSettings, PretrainSettings, SftSettings
from tests.requests.web import Call, people_of
from tests.tiny import CHATS, PROMPTS, Workshop

LAYER = {"self_attn.q_proj": (4096, 4096), "mlp.up_proj": (14336, 4096), "mlp.down_proj": (4096, 14336)}
SHAPES = {f"model.layers.{n}.{name}": shape for n in range(32) for name, shape in LAYER.items()}
LORA = Body(7_000_000_000, 40_000_000, SHAPES, 128_000)
FULL = Body(7_000_000_000, 7_000_000_000, SHAPES, 128_000)
ITEMS = Reading(1000, [100] * 50, [20] * 50)


def sft(**settings: Any) -> SftSettings:
    return SftSettings.model_validate({"steps": 100, "batch_size": 10, **settings})


def test_tokens_rounds_and_arithmetic_follow_from_the_items() -> None:
    found = estimates.forecast(sft(), LORA, ITEMS, chip="h100")
    assert (found.tokens, found.epochs, found.items, found.too_long) == (100_000, 1.0, 1000, 0)
    assert found.flop == 100_000 * (4 * 7e9 + 2 * 4e7)
    assert estimates.forecast(sft(), FULL, ITEMS).flop == 100_000 * 6 * 7e9


def test_packing_sees_more_items_in_as_many_steps() -> None:
    packed = estimates.forecast(sft(packing=True, max_length=1000), LORA, ITEMS)
    assert packed.epochs == pytest.approx(9.5)
    assert packed.tokens == pytest.approx(950_000)


def test_less_at_once_takes_less_memory_and_no_less_arithmetic() -> None:
    whole, parts = (estimates.forecast(sft(micro_batch=n), LORA, ITEMS, chip="h100") for n in (10, 1))
    assert parts.memory.activations * 10 == whole.memory.activations
    assert (parts.flop, parts.memory.weights) == (whole.flop, whole.memory.weights)
    assert parts.seconds > whole.seconds
    again = estimates.forecast(sft(gradient_checkpointing=True), LORA, ITEMS, chip="h100")
    assert again.memory.activations < whole.memory.activations / 4
    assert again.flop > 1.4 * whole.flop


def test_an_adapter_takes_a_fraction_of_what_all_weights_take() -> None:
    lora, full = (estimates.forecast(sft(micro_batch=1), body, ITEMS, chip="h100").memory for body in (LORA, FULL))
    assert lora.weights + lora.optimiser + lora.gradients < 0.15 * (full.weights + full.optimiser + full.gradients)
    assert full.weights + full.gradients + full.optimiser == 16 * 7_000_000_000


def test_a_faster_chip_is_faster_and_two_processes_share_the_work() -> None:
    slow, fast = (estimates.forecast(sft(), LORA, ITEMS, chip=chip).seconds for chip in ("cpu", "nvidia-h100"))
    assert slow > 1000 * (fast - estimates.START)
    both = estimates.forecast(sft(processes=2), LORA, ITEMS).seconds
    assert both - estimates.START == pytest.approx((slow - estimates.START) / 2, rel=0.01)


def test_items_that_are_too_long_are_foreseen() -> None:
    some = Reading(1000, [100] * 40 + [600] * 10, [20] * 50)
    found = estimates.forecast(sft(), LORA, some)
    assert (found.items, found.too_long) == (800, 200)
    assert [each.code for each in estimates.findings(sft(), found, LORA)] == ["items_too_long"]
    none = estimates.forecast(sft(max_length=50), LORA, some)
    assert [(each.level, each.code) for each in estimates.findings(sft(), none, LORA)] == [("stop", "nothing_fits")]


def test_many_rounds_are_warned_of_unless_some_items_are_held_out() -> None:
    for settings, codes in ((sft(steps=9000), ["many_epochs"]), (sft(steps=9000, held_out=0.1, patience=2), [])):
        found = estimates.forecast(settings, LORA, ITEMS)
        assert [each.code for each in estimates.findings(settings, found, LORA)] == codes
    few = estimates.forecast(sft(steps=10), LORA, ITEMS)
    assert [each.code for each in estimates.findings(sft(steps=10), few, LORA)] == ["not_every_item"]


def test_a_model_from_scratch_is_counted_as_it_will_be() -> None:
    shape = ArchitectureSettings(hidden_size=64, layers=2, heads=4, kv_heads=2, intermediate_size=128)
    body = estimates.from_scratch(shape, 1000)
    linear = 2 * (64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 128)
    assert (body.parameters, body.trainable) == (linear + 1000 * 64 + 5 * 64, body.parameters)
    assert estimates.forecast(PretrainSettings(steps=1), body, ITEMS).memory.total > 0


def test_letters_become_tokens_by_script_and_vocabulary() -> None:
    assert estimates.tokens_of("科目六一〇二", 32_000) > estimates.tokens_of("abcdef", 32_000)
    assert estimates.tokens_of("a" * 1000, 300) > estimates.tokens_of("a" * 1000, 128_000)


@pytest.fixture
def person(workshop: Workshop) -> Call:
    workshop.model("platform/tiny", "base")
    workshop.dataset(train=CHATS, unlabelled=PROMPTS)
    return people_of(workshop.world, router, jobs)


TRAIN: dict[str, Any] = {"model": "support/trained", "base": "platform/tiny@1", "datasets": ["support/mail@1"]}


def test_an_estimate_is_given_before_anything_is_ordered(person: Call) -> None:
    spec = {**TRAIN, "settings": {"steps": 4, "batch_size": 2, "max_length": 64, "lora": {"r": 2, "alpha": 4}}}
    answer = person("sam").post("/trainings/estimate", json={"recipe": spec})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["model"], told["base"], told["steps"], told["items"]) == ("support/trained", "platform/tiny@1", 4, 4)
    assert (told["epochs"], told["chip"], told["needs"]["chips"], told["findings"]) == (2.0, "cpu", 0, [])
    assert told["parameters"] > told["trainable"] == 2 * 2 * (32 + 32 + 16 + 32 + 16 + 32 + 64 + 3 * 80)
    assert sum(told["memory"].values()) == told["estimate"]["memory"] == told["needs"]["memory"]
    assert told["estimate"]["seconds"] > 0 < told["estimate"]["kwh"]
    assert person("sam").get("/jobs").json()["items"] == []


def test_what_stops_a_training_is_told_and_refuses_the_order(person: Call) -> None:
    spec = {**TRAIN, "settings": {"lora": {"target_modules": ["c_attn"]}}}
    told = person("sam").post("/trainings/estimate", json={"recipe": spec}).json()["findings"]
    assert [(each["level"], each["code"]) for each in told if each["level"] == "stop"] == [
        ("stop", "no_linear_modules")
    ]
    refused = person("sam").post("/trainings", json={"recipe": spec})
    assert (refused.status_code, refused.json()["params"]["finding"]) == (422, "no_linear_modules")
    assert person("sam").get("/jobs").json()["items"] == []


def test_an_order_keeps_its_estimate(person: Call) -> None:
    assert person("sam").post("/trainings", json={"recipe": TRAIN}).status_code == 202
    [job] = person("sam").get("/jobs").json()["items"]
    assert person("sam").get(f"/jobs/{job['id']}").status_code == 200


def test_who_may_not_run_jobs_gets_no_estimate(person: Call) -> None:
    assert person("lin").post("/trainings/estimate", json={"recipe": TRAIN}).status_code == 403
    assert person("sam").post("/trainings/estimate", json={"recipe": TRAIN}).status_code == 200
