"""Greedy answers to many prompts at once, without streaming: what a teacher says to its students'
questions."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from aird.runtimes.errors import VersionUnusable


@torch.inference_mode()
def answers(
    network: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    end: frozenset[int],
    batch_size: int = 64,
    done: Callable[[int], None] = lambda count: None,
    heard: Callable[[list[int], torch.Tensor], None] = lambda rows, logits: None,
    pick: Callable[[torch.Tensor], torch.Tensor] = lambda logits: logits.argmax(-1),
) -> list[list[int]]:
    """The ids of each answer, its end-of-turn token included unless it was cut at `max_new_tokens`.

    Prompts are grouped by length and padded on the left; rows that have ended leave the batch. `done` is
    called after each batch with its number of prompts, `heard` before each token with the prompts that get one and
    the logits (prompts x vocabulary) it is picked from: the likeliest, unless `pick` chooses. Raises VersionUnusable
    when the logits are not finite.
    """
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found: dict[int, list[int]] = {i: [] for i in order}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        size = len(rows)
        ids, mask = pad_left([prompts[i] for i in rows], network.device)
        cache = None
        for _ in range(max_new_tokens):
            positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            step = network(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache, logits = step.past_key_values, step.logits[:, -1]
            if not torch.isfinite(logits).all():
                raise VersionUnusable("The teacher answers with NaN or infinity, so this version is unusable.")
            heard(rows, logits)
            said = pick(logits).tolist()
            for i, token in zip(rows, said, strict=True):
                found[i].append(token)
            going = [row for row, token in enumerate(said) if token not in end]
            if not going:
                break
            if len(going) < len(rows):
                kept = torch.tensor(going, device=network.device)
                cache.batch_select_indices(kept)
                mask, rows, said = mask[kept], [rows[row] for row in going], [said[row] for row in going]
            ids = torch.tensor(said, device=network.device)[:, None]
            mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
        done(size)
    return [found[i] for i in range(len(prompts))]


def pad_left(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask (rows x longest) with the padding before the tokens."""
    longest = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, longest - len(row) :] = torch.tensor(row)
        mask[i, longest - len(row) :] = 1
    return ids.to(device), mask.to(device)
