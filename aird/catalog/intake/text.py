"""The words of an upload: tokenizer, chat template and card; each checked, the first two held against the base's."""

from collections.abc import Callable
from pathlib import Path

from aird.catalog.intake import card, config, probe, tokenizer
from aird.catalog.intake import differences as compared
from aird.catalog.intake.differences import Difference, Read
from aird.catalog.intake.files import read_text
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.strict_json import parse_object


def reader(folder: Path, names: set[str]) -> Read:
    """The text files of an upload."""
    return lambda name: read_text(folder, name) if name in names else None


def check_words(read: Read, names: set[str], vocab_size: int | None) -> str | None:
    """Check the card, the tokenizer's files and the template; the digest of tokenizer.json, None without one."""
    if (raw := read(card.CARD)) is not None:
        card.check_card(raw)
    if (raw := read(tokenizer.CONFIG)) is not None:
        tokenizer.check_tokenizer_config(parse_object(raw, tokenizer.CONFIG), vocab_size)
    for name in sorted({"special_tokens_map.json", "vocab.json", "added_tokens.json"} & names):
        content = parse_object(read(name) or b"", name)
        config.refuse_dangerous(content, name)
        if name != "special_tokens_map.json":
            tokenizer.check_numbers(list(content.values()), vocab_size, name)
    for name in sorted({"vocab.txt", "merges.txt", compared.TEMPLATE} & names):
        try:
            (read(name) or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise IntakeRefused(
                f"it is not UTF-8 text (byte {error.start}). Save it as UTF-8.", reason="not_utf8", file=name
            ) from None
    for name in (compared.TEMPLATE, tokenizer.CONFIG):
        # Readers differ in which of the two counts, so both must be sound.
        found = compared.template(only(read, name))
        probe.try_templates(sorted((found or {}).values()), name)
    raw = read(tokenizer.TOKENIZER)
    if raw is None:
        return None
    content = parse_object(raw, tokenizer.TOKENIZER)
    tokenizer.check_tokenizer(content, vocab_size)
    _room(read, tokenizer.tokens(content), vocab_size)
    probe.try_tokenizer(raw, tokenizer.TOKENIZER)
    return tokenizer.sha256(raw)


def only(read: Read, name: str) -> Read:
    """A version that has this one file."""
    return lambda wanted: read(wanted) if wanted == name else None


def _room(read: Callable[[str], bytes | None], known: dict[str, int], vocab_size: int | None) -> None:
    """A loader gives special tokens that the vocabulary lacks the next free numbers; the model needs rows for them."""
    for name in (tokenizer.CONFIG, "special_tokens_map.json"):
        if vocab_size is None or (raw := read(name)) is None:
            continue
        missing = sorted(tokenizer.named_tokens(parse_object(raw, name)) - known.keys())
        if missing and max(known.values()) + len(missing) >= vocab_size:
            raise IntakeRefused(
                f"it names the special token '{shown(missing[0], 40)}', which the vocabulary of {vocab_size} has no"
                " room for; the model would read beyond its embedding. Use the tokenizer that belongs to the model.",
                reason="token_number",
                file=name,
            )


def differences(read: Read, base: Read, *, tokenizer_sha256: str | None, whole: bool) -> tuple[Difference, ...]:
    """What is not the base's. Raises IntakeRefused for another vocabulary, or a tokenizer that cannot be compared.

    `tokenizer_sha256` is the base's digest as it is on record.
    """
    own = read(tokenizer.TOKENIZER)
    digest = tokenizer.sha256(own) if own is not None else None
    if digest and tokenizer_sha256 and digest != tokenizer_sha256 and base(tokenizer.TOKENIZER) is None:
        raise IntakeRefused(
            f"its digest is {digest[:12]}, the base's is {tokenizer_sha256[:12]}, and the base's own is not at hand to"
            " compare them. Leave this file out: what builds on a base uses the base's tokenizer.",
            reason="other_tokenizer",
            file=tokenizer.TOKENIZER,
        )
    found = compared.differences(read, base, whole=whole)
    if any(each.what != compared.CHAT_TEMPLATE for each in found):
        compared.check_vocabulary(read, base)
    return tuple(found)
