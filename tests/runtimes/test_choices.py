"""Choices in one pass say what one plain pass for each says, with every kind of adapter and any shared beginning."""

from pathlib import Path

import pytest
import torch

from aird.runtimes import choices, hf
from aird.runtimes.base import BASE
from aird.testing_ml import make_base
from tests import kinds

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]

ADAPTERS = ("plain", "rank_pattern", "dora", "lora_bias", "head_and_embedding", "norms")
BEGINNING = list(range(1, 41))
PROMPTS = [BEGINNING + [50 + n] * (n % 4 + 1) for n in range(9)]
ANSWERS = [[[4, 6, 11, 12, 13][: n % 5 + 1], *([7, 8, 9], [3], [5, 2])[: n % 3 + 1]] for n in range(9)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> hf.LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    loaded = hf.load(make_base(folder / "base", max_positions=128, tied=False))
    for seed, kind in enumerate(ADAPTERS):
        loaded.add_adapter(kind, kinds.make(kind, folder / "base", folder / kind, seed=seed))
    return loaded


def plainly(model: hf.LoadedModel, prompt: list[int], answer: list[int]) -> float:
    logits = model.forward(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    return sum(float(logits[len(prompt) - 1 + n, token]) for n, token in enumerate(answer))


def scores(model: hf.LoadedModel, prompts: list[list[int]], batch_size: int) -> list[list[float]]:
    found: dict[int, list[float]] = {}
    for scored in model.choice_log_probabilities(prompts, ANSWERS, batch_size=batch_size):
        found |= scored
    return [found[n] for n in range(len(prompts))]


def agree(model: hf.LoadedModel, prompts: list[list[int]], batch_size: int) -> None:
    found = scores(model, prompts, batch_size)
    for prompt, answers, some in zip(prompts, ANSWERS, found, strict=True):
        assert some == pytest.approx([plainly(model, prompt, answer) for answer in answers], abs=1e-4)


@pytest.mark.parametrize("adapter", [BASE, *ADAPTERS])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_one_pass_says_what_each_answer_alone_says(model: hf.LoadedModel, adapter: str, batch_size: int) -> None:
    model.use(adapter)
    assert choices.one_pass(model)
    assert len(choices.shared(PROMPTS)) == len(BEGINNING)
    agree(model, PROMPTS, batch_size)


def test_prompts_that_share_nothing_are_read_whole(model: hf.LoadedModel) -> None:
    prompts = [prompt[n:] for n, prompt in enumerate(PROMPTS)]
    assert choices.shared(prompts) == []
    agree(model, prompts, 4)


@pytest.mark.parametrize("cells", [1, 50**2, 3 * 55**2])
def test_masks_have_a_bound_and_what_is_too_long_for_one_is_read_in_two_passes(
    model: hf.LoadedModel, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    monkeypatch.setattr(choices, "CELLS", cells)
    agree(model, PROMPTS, 4)


def test_a_beginning_leaves_every_prompt_a_token_and_has_to_be_worth_its_pass() -> None:
    same = [BEGINNING] * 9
    assert choices.shared(same) == BEGINNING[:-1]
    assert choices.shared([*same, BEGINNING[:20]]) == BEGINNING[:19]
    assert choices.shared([[*BEGINNING[:5], n] for n in range(9)]) == []
    assert choices.shared([]) == []


def test_attention_that_takes_no_mask_of_ours_reads_in_two_passes(tmp_path: Path) -> None:
    other = hf.load(make_base(tmp_path / "base", max_positions=128))
    other.network.config._attn_implementation = "eager"
    assert not choices.one_pass(other)
    agree(other, PROMPTS, 4)


def test_a_mask_that_is_not_heeded_is_found_out(tmp_path: Path) -> None:
    deaf = hf.load(make_base(tmp_path / "base", max_positions=128))

    def unmask(_module: object, inputs: tuple[object, ...], named: dict[str, object]) -> tuple[object, object]:
        mask = named.get("attention_mask")
        if isinstance(mask, torch.Tensor) and mask.ndim == 4:
            named["attention_mask"] = torch.ones_like(mask).tril(mask.shape[-1] - mask.shape[-2])
        return inputs, named

    deaf.network.register_forward_pre_hook(unmask, with_kwargs=True)
    assert not choices.one_pass(deaf)
    agree(deaf, PROMPTS, 4)


def test_nothing_stays_behind_on_the_network(model: hf.LoadedModel) -> None:
    model.use("plain")
    before = scores(model, PROMPTS, 4)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.network.modules())
    assert before == scores(model, PROMPTS, 4)
    agree(model, PROMPTS, 4)
