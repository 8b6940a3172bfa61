"""A byte-level BPE tokenizer with a chat template, learnt from the items of a pre-training dataset."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from aird.training.recipes.batches import Item
from aird.training.settings import TokenizerSettings

END = "<|end|>"
PAD = "<|pad|>"
SPECIAL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% "
    "endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def learn(settings: TokenizerSettings, items: Sequence[Item], max_positions: int) -> PreTrainedTokenizerFast:
    """Learn the merges from the texts and messages of the first `settings.sample` items."""
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digit_pairs = pre_tokenizers.Split(Regex(r"\d{2}"), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digit_pairs, byte_level]) if settings.digit_pairs else byte_level
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocab_size,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(islice(items, settings.sample)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        model_max_length=max_positions,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def save(tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the tokenizer's files."""
    tokenizer.save_pretrained(str(out))


def _texts(items: Iterator[Item]) -> Iterator[str]:
    for item in items:
        if "text" in item:
            yield str(item["text"])
        for message in item.get("messages", ()):
            yield message["content"]
