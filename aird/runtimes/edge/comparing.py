"""An export held against the model it was made from: the same tokens of texts, the same likely answers, in float32."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from aird.runtimes import chat
from aird.runtimes.edge.knows import RUNTIME, WeightType
from aird.runtimes.edge.llama import EdgeModel
from aird.runtimes.hf import LoadedModel

TEXTS = (
    "Which invoice is still open? It's number 10042, isn't it?",
    "  two spaces,\ta tab\n\nand a new  line at the end\n",
    "科目6102餐费，发票S31；请问我的年假还有几天？",
    "Größe, naïve, Ελληνικά, русский, 日本語のテキスト, 한국어, العربية",
    '🙂👩‍💻 x²+y³≤10% $1,234.56 {"key": [1, 2.5e-3]} <b>&amp;</b>',
    "def f(x):\n    return x**2  # 3rd power\n",
    "WE'LL They've I'd 'tis '99 don't CAN'T",
)
"""What tells tokenizers apart: contractions, digits, spaces, several scripts, signs, code."""
LONGEST = 32
"""Tokens of each compared answer."""
FAR = {WeightType.F32: 0.02, WeightType.F16: 0.5}
"""Nats that a token's probability may differ by where the weights are kept (all but) whole. An adapter that was not
put in, a wrong scale, or swapped rows are further off; what rounding to fewer bits does is only told."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out. `first` is where the first differing answer differs, in tokens; `largest` is in nats, over all
    tokens of the vocabulary behind each token of the reference's answers."""

    answers: int
    same_answers: int
    tokens: int
    same_tokens: int
    first: int | None
    largest: float

    def told(self) -> str:
        """In words."""
        return (
            f"In float32, {self.same_answers} of {self.answers} greedy answers and {self.same_tokens} of {self.tokens} "
            f"tokens are those of the model it comes from; log-probabilities differ by {self.largest:.2g} at most."
        )


def words_apart(model: LoadedModel, edge: EdgeModel) -> str:
    """Where the export reads or ends texts otherwise than the model does; empty where it does not."""
    for text in TEXTS:
        own, theirs = chat.text_ids(model.tokenizer, text), chat.text_ids(edge.tokenizer, text)
        if own != theirs:
            return f"{RUNTIME} reads other tokens in {text!r} from token {_same(own, theirs)} on."
    whole = model.tokenizer(TEXTS[0])["input_ids"], edge.tokenizer(TEXTS[0])["input_ids"]
    if whole[0] != whole[1]:
        return f"{RUNTIME} puts other tokens around a text."
    lacking = model.end_ids - edge.end_ids
    if lacking:
        return f"{RUNTIME} does not end answers at {', '.join(map(edge.tokenizer.piece, sorted(lacking)))}."
    return ""


def compare(model: LoadedModel, edge: EdgeModel) -> Compared:
    """Greedy answers of both, and how far the log-probabilities along the model's own answers lie apart."""
    prompts = [each for each in _prompts(model) if len(each) + LONGEST <= min(model.context, edge.context)]
    wanted = model.greedy(prompts, max_new_tokens=LONGEST, batch_size=len(TEXTS))
    said = edge.greedy(prompts, max_new_tokens=LONGEST)
    own, theirs = model.answer_logits(prompts, wanted), edge.answer_logits(prompts, wanted)
    apart = [
        (torch.log_softmax(a.float(), -1) - torch.log_softmax(b, -1)).abs().max()
        for a, b in zip(own, theirs, strict=True)
    ]
    same = [_same(one, other) for one, other in zip(wanted, said, strict=True)]
    cut = [count for count, one, other in zip(same, wanted, said, strict=True) if one != other]
    return Compared(
        answers=len(wanted),
        same_answers=len(wanted) - len(cut),
        tokens=sum(map(len, wanted)),
        same_tokens=sum(same),
        first=min(cut, default=None),
        largest=max((float(each) for each in apart), default=0.0),
    )


def _same(one: Sequence[int], other: Sequence[int]) -> int:
    """Tokens up to the first that differs."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _prompts(model: LoadedModel) -> list[list[int]]:
    if not getattr(model.tokenizer, "chat_template", None):
        return [chat.text_ids(model.tokenizer, text) for text in TEXTS]
    return [chat.prompt_ids(model.tokenizer, [{"role": "user", "content": text}]) for text in TEXTS]
