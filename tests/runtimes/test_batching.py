"""The batching engine says what the plain one says, whatever stands beside a row and whenever it came."""

from pathlib import Path

import pytest
import torch

from aird.runtimes import batching, hf
from aird.runtimes.base import BASE, Prompt, Row, Sampling, Token
from aird.runtimes.batching import Batching
from aird.runtimes.errors import CacheTooSmall, VersionUnusable
from aird.runtimes.one_by_one import OneByOne
from aird.testing_ml import make_adapter, make_base
from tests import kinds

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]

PROMPTS = [list(range(1, length)) for length in (4, 30, 11, 60, 8, 2, 25, 7)]
ADAPTERS = ("plain", "rank_pattern", "dora", "lora_bias", "head_and_embedding", "norms")
"""One of each kind that is added in a way of its own."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    make_base(made / "base", max_positions=256, endless=True, tied=False)
    for seed, kind in enumerate(ADAPTERS):
        kinds.make(kind, made / "base", made / kind, seed=seed)
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> hf.LoadedModel:
    loaded = hf.load(folder / "base")
    for kind in ADAPTERS:
        loaded.add_adapter(kind, folder / kind)
    return loaded


def begin(engine: OneByOne, adapter: str, ids: list[int], last: int = 12, n: int = 1, **options: object) -> list[Row]:
    """Rows for one prompt."""
    sampling = Sampling(last, **{"temperature": 0.0, "logprobs": 0, **options})  # type: ignore[arg-type]
    rows = engine.rows(adapter, Prompt(ids), sampling, n)
    assert rows is not None
    return list(rows)


class Heard:
    """Drives an engine and keeps what each row said."""

    def __init__(self, engine: OneByOne) -> None:
        self.engine = engine
        self.said: dict[Row, list[Token]] = {}
        self.going: list[Row] = []

    def add(self, rows: list[Row]) -> list[Row]:
        self.going += rows
        self.said |= {row: [] for row in rows}
        return rows

    def step(self) -> None:
        """One step; rows that have ended leave."""
        for row, token in zip(list(self.going), self.engine.step(self.going), strict=True):
            if isinstance(token, Exception):
                raise token
            if token is not None:
                self.said[row].append(token)
                if token.finish_reason is not None:
                    self.leave(row)

    def leave(self, row: Row) -> None:
        self.going.remove(row)
        self.engine.leave(row)

    def run(self) -> None:
        while self.going:
            self.step()


def tokens(said: list[Token]) -> list[str]:
    return [token.likely[0].text for token in said]


def alone(model: hf.LoadedModel, adapter: str, ids: list[int], last: int = 12) -> list[str]:
    """What the plain engine says."""
    heard = Heard(OneByOne(model))
    (row,) = heard.add(begin(heard.engine, adapter, ids, last))
    heard.run()
    return tokens(heard.said[row])


def test_rows_of_all_kinds_of_adapters_say_together_what_each_says_alone(model: hf.LoadedModel):
    heard = Heard(Batching(model))
    asked = [(adapter, ids) for ids, adapter in zip(PROMPTS, (*ADAPTERS, BASE, "plain"), strict=True)]
    rows = [heard.add(begin(heard.engine, adapter, ids))[0] for adapter, ids in asked]
    heard.run()
    found = [tokens(heard.said[row]) for row in rows]
    assert found == [alone(model, adapter, ids) for adapter, ids in asked]
    assert len({tuple(each) for each in found}) == len(found)


@pytest.mark.parametrize("read_tokens", [7, 40])
def test_rows_that_come_and_go_at_any_step_change_nothing_for_the_others(model: hf.LoadedModel, read_tokens: int):
    heard = Heard(Batching(model, read_tokens=read_tokens))
    rows: dict[Row, tuple[str, list[int], int]] = {}
    for i, ids in enumerate(PROMPTS * 2):
        asked = (*ADAPTERS, BASE)[i % 7], ids, 3 + 5 * (i % 4)
        rows[heard.add(begin(heard.engine, *asked))[0]] = asked
        heard.step()
        if i % 5 == 4:
            heard.leave(heard.going[i % len(heard.going)])
    heard.run()
    whole = {row: asked for row, asked in rows.items() if heard.said[row] and heard.said[row][-1].finish_reason}
    assert len(whole) == 13
    for row, asked in whole.items():
        assert tokens(heard.said[row]) == alone(model, *asked)


def test_choices_of_one_prompt_differ_by_their_seed_and_the_first_is_the_only_one_s(model: hf.LoadedModel):
    heard = Heard(Batching(model))
    sampled = {"temperature": 1.0, "seed": 5}
    heard.add(begin(heard.engine, BASE, PROMPTS[3]))
    several = heard.add(begin(heard.engine, "plain", PROMPTS[1], n=3, **sampled))
    (single,) = heard.add(begin(heard.engine, "plain", PROMPTS[1], **sampled))
    heard.run()
    said = [tokens(heard.said[row]) for row in several]
    assert said[0] == tokens(heard.said[single])
    assert len({tuple(each) for each in said}) == 3


def test_a_row_whose_numbers_are_not_finite_fails_alone_and_spoils_nobody_who_comes_after(folder: Path, tmp_path: Path):
    model = hf.load(folder / "base")
    model.add_adapter("good", folder / "plain")
    model.add_adapter("huge", make_adapter(tmp_path / "huge", size=1e18))
    expected = alone(model, "good", PROMPTS[0], 40)
    heard = Heard(Batching(model))
    good = begin(heard.engine, "good", PROMPTS[0], 40)
    bad = begin(heard.engine, "huge", PROMPTS[3])
    said = heard.engine.step([*bad, *good])
    assert isinstance(said[0], VersionUnusable)
    heard.add(good)
    heard.said[good[0]].append(said[1])  # type: ignore[arg-type]
    heard.engine.leave(bad[0])
    (late,) = heard.add(begin(heard.engine, "good", PROMPTS[0], 40))
    heard.run()
    assert tokens(heard.said[good[0]]) == tokens(heard.said[late]) == expected


def test_logprobs_are_those_of_the_models_own_distribution(model: hf.LoadedModel):
    heard = Heard(Batching(model))
    (row,) = heard.add(begin(heard.engine, "dora", PROMPTS[1], last=1, logprobs=3, temperature=2.0))
    heard.run()
    logits = model.forward(torch.tensor([PROMPTS[1]]), adapter="dora").logits[0, -1]
    best = torch.log_softmax(logits, -1).sort(descending=True).values[:3]
    chosen, *top = heard.said[row][0].likely
    torch.testing.assert_close(torch.tensor([each.logprob for each in top]), best, rtol=1e-4, atol=1e-4)
    assert chosen.logprob <= top[0].logprob


def test_rows_wait_for_memory_and_one_that_can_never_have_it_is_refused(model: hf.LoadedModel):
    engine = Batching(model)
    heard = Heard(engine)
    heard.add(begin(engine, BASE, PROMPTS[0], 2))
    heard.run()
    each = engine._slots.bytes_per_token()
    engine = Batching(model, cache_bytes=each * 100)
    heard = Heard(engine)
    heard.add(begin(engine, BASE, [1, 2], 1))
    heard.run()
    with pytest.raises(CacheTooSmall):
        engine.rows(BASE, Prompt([1, 2, 3]), Sampling(99), 1)
    (first,) = heard.add(begin(engine, BASE, [1, 2, 3], 57))
    assert engine.rows(BASE, Prompt([1, 2, 3]), Sampling(57), 1) is None
    heard.run()
    assert len(heard.said[first]) == 57
    assert engine.rows(BASE, Prompt([1, 2, 3]), Sampling(57), 1)


def test_adapters_come_and_go_while_others_answer(folder: Path):
    heard = Heard(batching.make(hf.load(folder / "base")))
    assert isinstance(heard.engine, Batching)
    heard.engine.add_adapter("one", folder / "plain")
    (first,) = heard.add(begin(heard.engine, "one", PROMPTS[0], 30))
    heard.step()
    heard.engine.add_adapter("two", folder / "rank_pattern")
    (second,) = heard.add(begin(heard.engine, "two", PROMPTS[1], 5))
    while second in heard.going:
        heard.step()
    heard.engine.remove_adapter("two")
    heard.run()
    heard.engine.remove_adapter("one")
    model = hf.load(folder / "base")
    for name, kind, row, ids, last in (
        ("one", "plain", first, PROMPTS[0], 30),
        ("two", "rank_pattern", second, PROMPTS[1], 5),
    ):
        model.add_adapter(name, folder / kind)
        assert tokens(heard.said[row]) == alone(model, name, ids, last)


def test_a_model_that_attends_in_another_way_is_answered_row_by_row(folder: Path):
    model = hf.load(folder / "base")
    model.network.set_attn_implementation("eager")
    assert type(batching.make(model)) is OneByOne


def test_a_vector_is_the_mean_of_the_last_hidden_states_and_of_length_one(model: hf.LoadedModel):
    engine = Batching(model)
    found = torch.tensor(engine.embed("plain", Prompt(PROMPTS[1])))
    hidden = model.forward(torch.tensor([PROMPTS[1]]), adapter="plain", output_hidden_states=True).hidden_states[-1]
    mean = hidden[0].mean(0)
    torch.testing.assert_close(found, mean / mean.norm(), rtol=1e-4, atol=1e-5)
    assert engine.embed(BASE, Prompt(PROMPTS[1])) != found.tolist()
