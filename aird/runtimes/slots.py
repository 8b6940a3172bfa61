"""The keys and values of many answers side by side, each row as long as it is.

Row i holds its tokens in the columns from 0 on, so that rows join and leave without moving others' tokens: a new row
is written behind the last, and the last takes the place of one that leaves. A model's forward pass sees the rows and
columns that `read` or `decode` named before it.
"""

from typing import Any

import torch
from torch import Tensor
from transformers import Cache

ROWS, COLUMNS = 4, 64
"""Room is made in multiples of these, so that it is never much more than is needed."""
KEPT = 1024
"""With no row left, memory for more columns than this is given back."""


class Slots(Cache):  # type: ignore[misc]
    """The cache of a running batch; keys and values of a layer are (rows x heads x columns x dimensions)."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(layers=[])
        self._device = device
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self._rows = self._columns = self._token_bytes = 0
        self._first = self._last = self._start = self._end = 0
        self._at: tuple[Tensor, Tensor] | None = None

    def reserve(self, rows: int, columns: int) -> None:
        """Have room for so many rows and columns, which is all that is needed now; what is held there is kept."""
        if rows <= self._rows and columns <= self._columns:
            return
        self._rows, self._columns = -(-rows // ROWS) * ROWS, -(-columns // COLUMNS) * COLUMNS
        for held in (self._keys, self._values):
            for layer, old in enumerate(held):
                new = old.new_zeros(self._rows, old.shape[1], self._columns, old.shape[3])
                kept = min(old.shape[0], self._rows), min(old.shape[2], self._columns)
                new[: kept[0], :, : kept[1]] = old[: kept[0], :, : kept[1]]
                held[layer] = new

    def read(self, first: int, last: int, start: int, length: int) -> None:
        """The next pass reads `length` tokens of the rows from `first` to before `last`, at column `start`."""
        self._first, self._last, self._start, self._end, self._at = first, last, start, start + length, None

    def decode(self, positions: list[int]) -> Tensor:
        """The next pass reads one token of each of the first rows, at these columns. Returns the columns (rows)."""
        at = torch.tensor(positions, device=self._device)
        self._first, self._last, self._end = 0, len(positions), max(positions) + 1
        self._start = self._end - 1
        self._at = torch.arange(len(positions), device=self._device), at
        return at

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first columns of a row onto another."""
        for held in (*self._keys, *self._values):
            held[target, :, :length] = held[source, :, :length]

    def clear(self, row: int) -> None:
        """Forget a row whose numbers are not finite: even where nobody looks, they would spoil others' sums."""
        for held in (*self._keys, *self._values):
            held[row] = 0

    def empty(self) -> None:
        """No row is left: give back memory that one long answer took."""
        if self._columns > KEPT:
            self.bytes_per_token()
            self._keys, self._values = [], []
            self._rows = self._columns = 0

    def nbytes(self) -> int:
        """Bytes that are allocated."""
        return sum(each.nbytes for each in (*self._keys, *self._values))

    def bytes_per_token(self) -> int:
        """Bytes of one row's one column, in all layers; 0 before the first pass."""
        if self._columns and self._keys:
            self._token_bytes = self.nbytes() // (self._rows * self._columns)
        return self._token_bytes

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any) -> Any:
        """Called by the model's attention: store what is new, answer with all that the rows attend to."""
        if layer_idx == len(self._keys):
            for held, states in ((self._keys, key_states), (self._values, value_states)):
                held.append(states.new_zeros(self._rows, states.shape[1], self._columns, states.shape[3]))
        keys = _store(self._keys[layer_idx], key_states, self)
        return keys, _store(self._values[layer_idx], value_states, self)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Columns before the tokens of this pass."""
        return self._start

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Columns with those of this pass, and where they begin."""
        return self._end, 0


def _store(held: Tensor, states: Tensor, slots: Slots) -> Tensor:
    if slots._at is not None:
        rows, columns = slots._at
        held[rows, :, columns] = states[:, :, 0]
    else:
        held[slots._first : slots._last, :, slots._start : slots._end] = states
        if slots._start == 0:
            return states
    return held[slots._first : slots._last, :, : slots._end]
