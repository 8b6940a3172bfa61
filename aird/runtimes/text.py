"""Token ids to text while they arrive: whole characters only, and never a piece of a stop string.

A byte-level tokenizer spreads one Chinese character over up to three tokens. The decoder shows the missing
rest as U+FFFD at the end of the text; such an end is held back until the next tokens complete it.
"""

from collections.abc import Sequence
from typing import Any

REPLACEMENT = "\ufffd"


class TextStream:
    """Push token ids in, get text out that will never have to be taken back."""

    def __init__(self, tokenizer: Any, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = [text for text in stop if text]
        self._ids: list[int] = []
        self._shown = 0  # ids[:_shown] are decoded and handed on
        self._context = 0  # decoding starts here, so that joining rules between tokens apply
        self._held = ""  # decoded, but perhaps the beginning of a stop string
        self.stopped = False

    def push(self, token_id: int) -> str:
        """The text that has become safe to show; empty while something is incomplete or after a stop
        string."""
        self._ids.append(token_id)
        piece = self._decode()
        if piece.endswith(REPLACEMENT):
            return ""
        self._context, self._shown = self._shown, len(self._ids)
        return self._release(piece)

    def finish(self) -> str:
        """The rest of the text, without a character whose bytes never came."""
        if self.stopped:
            return ""
        text = self._release(self._decode().rstrip(REPLACEMENT))
        if not self.stopped:
            text, self._held = text + self._held, ""
        self._shown = self._context = len(self._ids)
        return text

    def _decode(self) -> str:
        before = self._text(self._ids[self._context : self._shown])
        now = self._text(self._ids[self._context :])
        return now[len(before) :]

    def _text(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _release(self, piece: str) -> str:
        if self.stopped:
            return ""
        text = self._held + piece
        found = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that `stop` begins with."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-n:])), 0)
