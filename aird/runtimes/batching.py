"""The engine that answers many rows in one forward pass, whatever adapters they have; rows join and leave at any step.

In each step a bounded piece of one prompt, or several short prompts, is read, and then every row that is past its
prompt gets one token. A long prompt so holds the others up for a piece at a time. The numbers are those of the plain
engine up to rounding; `make` takes the plain one for models whose attention this one does not know.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from aird.runtimes import attention
from aird.runtimes.base import BASE, Prompt, Row, Sampling, Token
from aird.runtimes.errors import CacheTooSmall
from aird.runtimes.hf import LoadedModel
from aird.runtimes.mixing import Mixing
from aird.runtimes.one_by_one import OneByOne
from aird.runtimes.slots import Slots
from aird.runtimes.writing import Writing

log = logging.getLogger(__name__)

READ_TOKENS = 512
"""Tokens of prompts that are read in one step, padding included."""
CACHE_BYTES = 2 * 2**30


class Batching(OneByOne):
    """Serves a loaded model; the keys and values of all rows together may take `cache_bytes`."""

    def __init__(self, model: LoadedModel, *, cache_bytes: int = CACHE_BYTES, read_tokens: int = READ_TOKENS) -> None:
        super().__init__(model)
        self._read_tokens = read_tokens
        self._cache_bytes = cache_bytes
        self._slots = Slots(model.device)
        self._mixing = Mixing()
        self._decoding: list[Writing] = []  # in the order of their slots
        self._head: Writing | None = None  # its prompt is half read, in the slot behind them
        self._reading: deque[Writing] = deque()
        self._read: dict[Row, int] = {}
        self._mixing.watch(model.network)

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others."""
        try:
            self.model.add_adapter(name, path)
        finally:
            self._mixing.watch(self.model.network)

    def remove_adapter(self, name: str) -> None:
        """Free an adapter that no row uses."""
        self.model.remove_adapter(name)
        self._mixing.watch(self.model.network)

    def rows(self, adapter: str, prompt: Prompt, sampling: Sampling, n: int) -> Sequence[Row] | None:
        """Make `n` rows that answer the prompt; None while there is no memory for them. Raises CacheTooSmall."""
        made = [self._row(adapter, prompt, sampling, choice) for choice in range(n)]
        others = [*self._decoding, *self._reading, *([self._head] if self._head else [])]
        each = self._slots.bytes_per_token()
        if len(made) * _columns(made) * each > self._cache_bytes:
            raise CacheTooSmall(
                f"Prompt and answer take {len(made) * _columns(made) * each / 2**20:.0f} MiB of keys and values; "
                f"there are {self._cache_bytes / 2**20:.0f}. Ask for fewer tokens or choices.",
                param="max_tokens",
            )
        if (len(made) + len(others)) * _columns([*made, *others]) * each > self._cache_bytes:
            return None
        self._reading.extend(made)
        return made

    @torch.inference_mode()
    def leave(self, row: Row) -> None:
        """Free the row's place; the last one moves into it."""
        if row is self._head:
            self._head = None
            self._slots.clear(len(self._decoding))
        elif row in self._reading:
            self._reading.remove(row)  # type: ignore[arg-type]
        elif row in self._decoding:
            self._close_up(self._decoding.index(row))
        self._read.pop(row, None)
        if not (self._decoding or self._head):
            self._slots.empty()

    def _close_up(self, place: int) -> None:
        if self._decoding[place].broken:
            self._slots.clear(place)
        last = self._decoding.pop()
        if place < len(self._decoding):
            self._slots.move(len(self._decoding), place, _length(last))
            self._decoding[place] = last
        if self._head is not None:
            self._slots.move(len(self._decoding) + 1, len(self._decoding), self._read[self._head])

    def memory(self) -> Mapping[str, int]:
        """Bytes of the weights, adapters among them, of keys and values, and of factors stacked for mixing."""
        return {
            "weights": self.model.weight_bytes(),
            "kv_cache": self._slots.nbytes(),
            "stacked_adapters": self._mixing.nbytes(),
        }

    @torch.inference_mode()
    def step(self, rows: Sequence[Row]) -> list[Token | Exception | None]:
        """Read a piece of what waits to be read, then one token for each row that is past its prompt."""
        decoding, found = list(self._decoding), dict[Row, Token | Exception]()
        self._read_some(found)
        if decoding:
            self._decode(decoding, found)
        return [found.get(row) for row in rows]

    def _read_some(self, found: dict[Row, Token | Exception]) -> None:
        group = self._next_group()
        if not group:
            return
        place, start = len(self._decoding), self._read.get(group[0], 0)
        pieces = [row.prompt.ids[start : start + self._read_tokens] for row in group]
        length = max(map(len, pieces))
        self._reserve(place + len(group), start + length)
        ids = torch.tensor([piece + [0] * (length - len(piece)) for piece in pieces], device=self.model.device)
        at = torch.arange(start, start + length, device=self.model.device)
        self._slots.read(place, place + len(group), start, length)
        # Where each prompt ends, once; rows that are shorter are padded behind, where nobody looks.
        ends = sorted({len(piece) - 1 for piece in pieces})
        mask = None if start == 0 else (at[:, None] >= torch.arange(start + length, device=at.device))[None, None]
        logits = self._forward(group, ids, at[None].expand(len(group), -1), mask, torch.tensor(ends, device=at.device))
        if start + length < len(group[0].prompt.ids):
            self._head, self._read[group[0]] = group[0], start + length
            return
        self._head = None
        twins = []
        for row, piece in zip(group, pieces, strict=True):
            own = logits[len(self._decoding) - place, ends.index(len(piece) - 1)]
            twins.append((len(self._decoding), own))
            self._decoding.append(row)
            found[row] = _pick(row, own)
        for row, (source, own) in zip(group, twins, strict=True):
            self._copy_to_twins(row, source, own, found)

    def _copy_to_twins(self, row: Writing, source: int, logits: Tensor, found: dict[Row, Token | Exception]) -> None:
        """Other choices for the same prompt: it is not read again."""
        for twin in [each for each in self._reading if each.prompt is row.prompt]:
            self._reading.remove(twin)
            place, length = len(self._decoding), len(row.prompt.ids)
            self._reserve(place + 1, length)
            self._slots.move(source, place, length)
            self._decoding.append(twin)
            found[twin] = _pick(twin, logits)

    def _reserve(self, rows: int, columns: int) -> None:
        """Room for so many rows and columns, and for all that is there."""
        head = self._read[self._head] if self._head is not None else 0
        held = max((_length(row) for row in self._decoding), default=0)
        self._slots.reserve(max(rows, len(self._decoding) + (self._head is not None)), max(columns, held, head))

    def _next_group(self) -> list[Writing]:
        """The row whose prompt is half read, or one with a long prompt, or several with short ones."""
        if self._head is not None:
            return [self._head]
        group: list[Writing] = []
        while self._reading:
            row = self._reading[0]
            longest = max(len(each.prompt.ids) for each in [*group, row])
            if group and (longest * (len(group) + 1) > self._read_tokens or row.prompt is group[-1].prompt):
                break
            group.append(self._reading.popleft())
        return group

    def _decode(self, rows: list[Writing], found: dict[Row, Token | Exception]) -> None:
        positions = [_length(row) for row in rows]
        self._reserve(len(self._decoding), max(positions) + 1)
        at = self._slots.decode(positions)
        mask = None
        if min(positions) != max(positions):
            mask = (torch.arange(max(positions) + 1, device=at.device) <= at[:, None])[:, None, None]
        ids = torch.tensor([[row.last] for row in rows], device=at.device)
        logits = self._forward(rows, ids, at[:, None], mask, 1)[:, -1]
        finite = torch.isfinite(logits.sum(-1, dtype=torch.float32)).tolist()
        likeliest = logits.argmax(-1).tolist()
        for i, row in enumerate(rows):
            if not finite[i]:
                found[row] = _pick(row, logits[i])
            elif row.sampler.greedy:
                found[row] = row.take(likeliest[i], logits[i])
            else:
                found[row] = _pick(row, logits[i])

    def _forward(
        self, rows: Sequence[Writing], ids: Tensor, positions: Tensor, mask: Tensor | None, keep: Tensor | int
    ) -> Tensor:
        slots = [self.model.slot(row.adapter) for row in rows]
        with self.model.bare() as network, self._mixing.rows(slots, self.model.device):
            logits: Tensor = network(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=self._slots,
                use_cache=True,
                logits_to_keep=keep,
            ).logits
        return logits


def _pick(row: Writing, logits: Tensor) -> Token | Exception:
    try:
        return row.pick(logits)
    except Exception as error:  # it belongs to this row
        return error


def _length(row: Writing) -> int:
    """Tokens whose keys and values are stored: all but the last one."""
    return len(row.prompt.ids) + row.made - 1


def _columns(rows: Sequence[Writing]) -> int:
    return max(len(row.prompt.ids) + row.limit for row in rows)


def make(model: LoadedModel, *, cache_bytes: int = CACHE_BYTES) -> OneByOne:
    """The engine for this model: batching where it gives the plain engine's numbers, which two questions show."""
    why = attention.unknown(model)
    if why is None:
        engine = Batching(model, cache_bytes=cache_bytes)
        try:
            far = max(abs(a - b) for a, b in zip(_probe(OneByOne(model)), _probe(engine), strict=True))
            if far <= attention.tolerance(model):
                return engine
            why = f"its log-probabilities are off by {far:.2g}"
        except Exception as error:
            why = repr(error)
    log.warning("This model is answered row by row, not in batches: %s.", why)
    return OneByOne(model)


@torch.inference_mode()
def _probe(engine: OneByOne) -> list[float]:
    """Log-probabilities of the likeliest tokens after two prompts of unlike length, read and written together."""
    most = min(40, engine.context - 3)
    prompts = [Prompt(list(range(1, most, 3))), Prompt(list(range(2, most, 7)))]
    rows = [row for each in prompts for row in engine.rows(BASE, each, Sampling(3, 0.0, logprobs=1), 1) or ()]
    said = [engine.step(rows) for _ in range(3)]
    for row in rows:
        engine.leave(row)
    found = []
    for token in [each for round_ in said for each in round_]:
        if not isinstance(token, Token):
            raise token or RuntimeError("no token")
        found.append(token.likely[1].logprob)
    return found
