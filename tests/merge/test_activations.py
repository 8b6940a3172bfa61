"""What modules hear, collected for core_regmean: against dense covariances, and what the merge makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from aird.merge.methods import activations, core, files
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters, chat, loading

ADAPTERS = ("one", "two")
QUESTIONS = [
    [{"messages": [{"role": "user", "content": text}]} for text in texts]
    for texts in (["Where is my mail?", "A parcel is lost", "Hello"], ["The bill is too high", "Pay the invoice now"])
]


def covariance(base: Path, adapter: Path, items: Sequence[Mapping[str, Any]], module: str) -> Tensor:
    """E[x x^T] of the module's inputs, one question after the other."""
    network = loading.attach(loading.load_network(base, device=torch.device("cpu")), adapters.read(adapter), "listener")
    heard: list[Tensor] = []
    network.get_base_model().get_submodule(module).register_forward_pre_hook(lambda _, x: heard.append(x[0][0]))
    tokenizer = loading.load_tokenizer(base)
    with torch.inference_mode():
        for item in items:
            network(torch.tensor([chat.prompt_ids(tokenizer, item["messages"])]))
    inputs = torch.cat(heard).double()
    return inputs.T @ inputs / len(inputs)


@pytest.fixture(scope="module")
def folders(tiny: Mapping[str, Path]) -> list[Path]:
    return [tiny[name] for name in ADAPTERS]


@pytest.fixture(scope="module")
def grams(tiny: Mapping[str, Path], folders: list[Path]) -> Mapping[str, activations.Gram]:
    return activations.collect(tiny["base"], folders, QUESTIONS)


def space_of(folders: Sequence[Path], module: str) -> core.Cores:
    pairs = [adapters.read(folder).factors(module) for folder in folders]
    return core.cores_of([(each.b.double() * each.scaling, each.a.double()) for each in pairs])


def delta(folder: Path, module: str) -> Tensor:
    found = adapters.read(folder).factors(module)
    return found.scaling * found.b.double() @ found.a.double()


def test_what_is_collected_is_the_covariance_seen_from_the_common_rows(
    tiny: Mapping[str, Path], folders: list[Path], grams: Mapping[str, activations.Gram]
) -> None:
    module = sorted(grams)[-1]
    space = space_of(folders, module)
    basis = space.v.matrix
    for i, found in enumerate(grams[module].within(space, [0, 1])):
        dense = covariance(tiny["base"], folders[i], QUESTIONS[i], module)
        torch.testing.assert_close(found, basis.T @ dense @ basis, rtol=1e-4, atol=1e-5)


def test_a_turned_basis_gives_the_same_merge(folders: list[Path], grams: Mapping[str, activations.Gram]) -> None:
    module = sorted(grams)[0]
    space = space_of(folders, module)
    turn = torch.linalg.qr(torch.randn(space.v.size, space.v.size, dtype=torch.float64))[0]
    kept = grams[module]
    turned = replace(kept, rights=kept.rights @ turn, matrices=tuple(turn.T @ each @ turn for each in kept.matrices))
    for one, other in zip(kept.within(space, [0, 1]), turned.within(space, [0, 1]), strict=True):
        torch.testing.assert_close(one, other)


def test_the_merge_errs_least_on_the_questions(
    tiny: Mapping[str, Path], folders: list[Path], grams: Mapping[str, activations.Gram], tmp_path: Path
) -> None:
    files.merge_adapters("core_regmean", folders, [1, 1], tmp_path / "regmean", grams=grams)
    files.merge_adapters("linear", folders, [0.5, 0.5], tmp_path / "mean")
    files.merge_adapters("tsv", folders, [1, 1], tmp_path / "tsv")
    module = sorted(grams)[0]
    heard = [covariance(tiny["base"], f, q, module) for f, q in zip(folders, QUESTIONS, strict=True)]

    def error(folder: Path) -> float:
        gaps = [delta(folder, module) - delta(parent, module) for parent in folders]
        return sum(float(torch.trace(gap @ seen @ gap.T)) for gap, seen in zip(gaps, heard, strict=True))

    assert error(tmp_path / "regmean") < min(error(tmp_path / "mean"), error(tmp_path / "tsv"))


def test_a_merge_without_or_with_other_activations_is_refused(
    tiny: Mapping[str, Path], folders: list[Path], grams: Mapping[str, activations.Gram], tmp_path: Path
) -> None:
    with pytest.raises(MergeNotPossible, match="prompts"):
        files.merge_adapters("core_regmean", folders, [1, 1], tmp_path / "none")
    with pytest.raises(MergeNotPossible, match="other adapters"):
        files.merge_adapters("core_regmean", [*folders, tiny["three"]], [1, 1, 1], tmp_path / "more", grams=grams)


def test_progress_counts_every_question_once(tiny: Mapping[str, Path], folders: list[Path]) -> None:
    seen: list[tuple[int, int]] = []
    found = activations.collect(
        tiny["base"], folders, [QUESTIONS[0], []], report=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (3, 3)
    assert not any(gram.matrices[1].any() for gram in found.values())
