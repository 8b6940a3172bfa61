"""The one loop: micro-batches, packing, precision, a held-out part, and a training that is cut and goes on."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from aird.runtimes import adapters, loading
from aird.runtimes.chat import IGNORED, Example
from aird.testing_ml import make_base
from aird.training.recipes import batches, pretrain, sft
from aird.training.recipes.errors import NothingToLearn, Paused
from aird.training.recipes.progress import Progress, TrainResult
from aird.training.settings import LoraSettings, PretrainSettings, SftSettings

ITEMS = [
    {"messages": [{"role": "user", "content": f"Mail {n}" * (n % 3 + 1)}, {"role": "assistant", "content": f"{n}."}]}
    for n in range(24)
]
QUICK = SftSettings(
    steps=6, batch_size=4, learning_rate=1e-2, max_length=64, lora=LoraSettings(r=2, alpha=4, dropout=0.1)
)
SMALL = PretrainSettings.model_validate(
    {
        "architecture": {"hidden_size": 16, "layers": 1, "heads": 2, "max_positions": 64, "dropout": 0.1},
        "tokenizer": {"vocab_size": 300},
        "induction": {"steps": 3, "batch_size": 2, "pool": 20},
        **{"steps": 4, "batch_size": 2, "max_length": 32},
    }
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model") / "base")


def quiet(progress: Progress) -> None:
    """Watch nothing."""


def train(base: Path, out: Path, *, settings: SftSettings = QUICK, report: Any = quiet, **more: Any) -> TrainResult:
    return sft.train(settings, base, ITEMS, out, report=report, **more)


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def changed(**settings: Any) -> SftSettings:
    return SftSettings.model_validate({**QUICK.model_dump(), **settings})


def products(folder: Path) -> dict[str, torch.Tensor]:
    adapter = adapters.read(folder)
    factors = {name: adapter.factors(name) for name in adapter.shapes}
    return {name: each.b @ each.a * each.scaling for name, each in factors.items()}


def alike(one: Path, other: Path, tolerance: float = 1e-4) -> bool:
    """Whether two adapters change the base in the same way, up to rounding."""
    first, second = products(one), products(other)
    return all((first[name] - second[name]).norm() < tolerance * first[name].norm() for name in first)


@pytest.mark.parametrize("micro", [1, 3])
def test_a_batch_in_parts_gives_the_same_weights_up_to_rounding(base: Path, tmp_path: Path, micro: int) -> None:
    plain = changed(lora={"r": 2, "alpha": 4})
    whole = train(base, tmp_path / "whole", settings=plain)
    parts = train(base, tmp_path / "parts", settings=plain.model_copy(update={"micro_batch": micro}))
    assert alike(tmp_path / "whole", tmp_path / "parts")
    assert parts.final_loss == pytest.approx(whole.final_loss, rel=1e-5)
    assert (parts.tokens, parts.read, parts.flop, parts.micro_batch) == (whole.tokens, whole.read, whole.flop, micro)


def test_activations_computed_twice_change_no_bit(base: Path, tmp_path: Path) -> None:
    train(base, tmp_path / "kept")
    again = train(base, tmp_path / "again", settings=changed(gradient_checkpointing=True))
    assert digest(tmp_path / "kept") == digest(tmp_path / "again")
    assert again.flop > 1.4 * train(base, tmp_path / "more").flop


def test_half_precision_learns_much_the_same(base: Path, tmp_path: Path) -> None:
    settings = changed(steps=30, lora={"r": 2, "alpha": 4})
    exact = train(base, tmp_path / "exact", settings=settings)
    half = train(base, tmp_path / "half", settings=settings.model_copy(update={"precision": "bfloat16"}))
    assert half.final_loss == pytest.approx(exact.final_loss, rel=0.2)
    assert {each.dtype for each in products(tmp_path / "half").values()} == {torch.float32}


def test_packed_items_do_not_see_each_other(base: Path) -> None:
    network = loading.load_network(base, device=torch.device("cpu"))
    batches.check_packing(network, network.config.vocab_size)
    examples = [Example(list(range(3 + n, 10 + 2 * n)), [IGNORED, *range(4 + n, 10 + 2 * n)]) for n in range(5)]
    rows = batches.pack(examples, 24)
    assert sorted(map(id, (one for row in rows for one in row.examples))) == sorted(map(id, examples))
    assert max(row.length for row in rows) <= 24
    summed = batches.answer_sum(network)
    packed = summed(*batches.lay(rows, torch.device("cpu")))
    alone = sum(float(summed(*batches.lay([each], torch.device("cpu"))).detach()) for each in examples)
    assert len(rows) < len(examples)
    assert float(packed.detach()) == pytest.approx(alone, rel=1e-5)


def test_a_packed_training_learns_every_item(base: Path, tmp_path: Path) -> None:
    packed = train(base, tmp_path / "packed", settings=changed(packing=True, batch_size=1, steps=12))
    assert packed.read > 12 * 40
    assert packed.final_loss < train(base, tmp_path / "plain", settings=changed(steps=1)).final_loss


def test_logits_in_pieces_give_the_same_gradient(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = loading.load_network(base, device=torch.device("cpu"))
    example = Example(list(range(5, 40)), list(range(5, 40)))
    found = []
    for limit in (batches.LOGITS, 400 * 10):
        monkeypatch.setattr(batches, "LOGITS", limit)
        network.zero_grad()
        batches.answer_sum(network)(*batches.lay([example], torch.device("cpu"))).backward()  # type: ignore[no-untyped-call]
        found.append([each.grad.clone() for each in network.parameters()])
    for whole, pieces in zip(*found, strict=True):
        torch.testing.assert_close(pieces, whole)


def stopped_after(count: int) -> Callable[[], bool]:
    asked = iter(range(1, 100_000))
    return lambda: next(asked) >= count


@pytest.mark.parametrize("how", ["lora", "full", "packed", "watched"])
def test_a_paused_training_goes_on_to_the_same_bytes(base: Path, tmp_path: Path, how: str) -> None:
    watched = {"held_out": 0.3, "evaluate_every": 2, "patience": 1, "steps": 8}
    more = {"lora": {}, "full": {"method": "full"}, "packed": {"packing": True, "micro_batch": 2}, "watched": watched}
    settings = changed(**more[how])
    whole = train(base, tmp_path / "whole", settings=settings)
    for _ in range(20):
        try:
            found = train(
                base, tmp_path / "out", settings=settings, checkpoints=tmp_path / "kept", pause=stopped_after(2)
            )
            break
        except Paused:
            assert not (tmp_path / "out").exists()
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")
    counted = ("steps", "tokens", "read", "final_loss", "held_out_loss", "best_step", "stopped_early")
    assert [getattr(found, name) for name in counted] == [getattr(whole, name) for name in counted]


def test_a_base_from_scratch_goes_on_in_either_stage(tmp_path: Path) -> None:
    texts = [{"text": f"The account {n} is for meals."} for n in range(9)]

    def run(out: str, **more: Any) -> TrainResult:
        return pretrain.train(SMALL, texts, tmp_path / out, report=quiet, **more)

    whole = run("whole")
    pauses = 0
    for _ in range(20):
        try:
            found = run("out", checkpoints=tmp_path / "kept", pause=stopped_after(1))
            break
        except Paused:
            pauses += 1
    assert pauses == 5  # not behind the last step of a stage
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")
    assert (found.tokens, found.read, found.final_loss) == (whole.tokens, whole.read, whole.final_loss)


def test_the_checkpoints_of_another_training_are_left_alone(base: Path, tmp_path: Path) -> None:
    with pytest.raises(Paused):
        train(base, tmp_path / "out", checkpoints=tmp_path / "kept", pause=stopped_after(3))
    steps: list[int] = []
    other = changed(seed=1)
    train(base, tmp_path / "out", settings=other, checkpoints=tmp_path / "kept", report=lambda p: steps.append(p.step))
    assert steps[0] == 1
    train(base, tmp_path / "alone", settings=other)
    assert digest(tmp_path / "out") == digest(tmp_path / "alone")


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "foreign"])
def test_a_broken_checkpoint_is_passed_over_for_the_one_before(base: Path, tmp_path: Path, harm: str) -> None:
    kept = tmp_path / "kept"
    with pytest.raises(Paused):
        train(base, tmp_path / "out", checkpoints=kept, checkpoint_seconds=0, pause=stopped_after(4))
    older, newest = sorted(kept.iterdir())
    content = newest.read_bytes()
    broken = {
        "cut": content[:-40],
        "flip": content[:-60] + b"\x55" + content[-59:],
        "empty": b"",
        "foreign": b"{}" * 50,
    }
    newest.write_bytes(broken[harm])
    (kept / "half.part").write_bytes(content[:100])
    steps: list[int] = []
    train(base, tmp_path / "out", checkpoints=kept, report=lambda p: steps.append(p.step))
    assert older.name.endswith("000000003.safetensors")
    assert not (kept / "half.part").exists()
    train(base, tmp_path / "whole")
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")


def test_a_training_stops_when_the_held_out_items_get_no_better(base: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    settings = changed(held_out=0.3, evaluate_every=2, patience=2, steps=200, learning_rate=0.1)
    found = train(base, tmp_path / "out", settings=settings, report=seen.append)
    assert found.stopped_early
    assert found.best_step is not None
    assert found.steps == found.best_step + 4
    assert found.held_out_loss == min(p.metrics["held_out_loss"] for p in seen if "held_out_loss" in p.metrics)
    assert not train(base, tmp_path / "more", settings=changed(held_out=0.3)).stopped_early


def test_held_out_items_are_the_same_whatever_else_is_learnt() -> None:
    learnt, aside = batches.set_aside(ITEMS, 0.3)
    assert 0 < len(aside) < len(learnt)
    assert batches.set_aside([*ITEMS[5:], *ITEMS[:5], ITEMS[0]], 0.3)[1][0] in aside
    for few in (ITEMS[:1], []):
        with pytest.raises(NothingToLearn, match="held_out"):
            batches.set_aside(few, 0.5)


def test_the_same_items_are_counted_with_their_questions(base: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    found = train(base, tmp_path, report=seen.append)
    assert found.read > 2 * found.tokens > 0
    network = loading.load_network(base, device=torch.device("cpu"))
    everything = sum(each.numel() for each in network.parameters())
    assert found.flop > 4 * everything * found.read
    assert seen[-1].metrics["memory"] == pytest.approx(found.memory, rel=0.2)
    assert json.dumps(dict(seen[-1].metrics))
