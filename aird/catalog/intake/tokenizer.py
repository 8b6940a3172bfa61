"""tokenizer.json and its companions: sizes, token numbers inside the vocabulary, no pattern that never ends.

The tokenizers library trusts its file: a token number of 4,294,967,295, nine chained replacements that blow
one letter up to a billion, or a pattern that backtracks for hours are all loaded. Chat templates are only
measured here; nothing is rendered.
"""

import hashlib
import re
from collections.abc import Mapping
from math import prod
from typing import Any, NoReturn

from aird.catalog.intake.config import refuse_dangerous
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.strict_json import objects, walk

TOKENIZER = "tokenizer.json"
CONFIG = "tokenizer_config.json"
MAX_TOKENS = 2_000_000
MAX_PATTERN = 2000
MAX_GROWTH = 64
MAX_PADDING = 1_000_000
MAX_PIECES = 64
MAX_TEMPLATE = 64 * 1024

_parts = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_models = ("BPE", "Unigram", "WordPiece", "WordLevel")
_pieces = {
    "normalizer": "Sequence NFC NFD NFKC NFKD Nmt Lowercase Strip StripAccents Prepend Replace ByteLevel"
    " BertNormalizer",
    "pre_tokenizer": "Sequence ByteLevel Split Digits Metaspace Punctuation Whitespace WhitespaceSplit BertPreTokenizer"
    " CharDelimiterSplit UnicodeScripts FixedLength",
    "post_processor": "Sequence ByteLevel TemplateProcessing BertProcessing RobertaProcessing",
    "decoder": "Sequence ByteLevel Replace ByteFallback Fuse Strip Metaspace WordPiece BPEDecoder CTC",
}
_known = frozenset({"version", "truncation", "padding", "added_tokens", "model", *_parts})
# A group that is itself repeated without limit, "(a+)+": the usual shape of a pattern that backtracks
# exponentially.
_repeated_group = re.compile(r"(?<!\\)\)(?:[*+]|\{\d+,\})")
_path_key = re.compile(r".*_(?:file|path|dir|url)", re.IGNORECASE)
_harmless_paths = frozenset({"name_or_path", "_name_or_path", "original_name_or_path"})


def sha256(raw: bytes) -> str:
    """What tokenizers are compared by: the digest of tokenizer.json."""
    return hashlib.sha256(raw).hexdigest()


def check_tokenizer(content: Mapping[str, Any], vocab_size: int | None) -> None:
    """Raises IntakeRefused unless tokenizer.json is harmless and fits `vocab_size` (None: not known)."""
    refuse_dangerous({key: value for key, value in content.items() if key != "model"}, TOKENIZER)
    for key in content:
        if key not in _known:
            _refuse("unknown_field", f"'{shown(key)}' is no part of a tokenizer. Remove it.")
    model = content.get("model")
    if not isinstance(model, dict):
        _refuse("no_model", "it has no 'model' with a vocabulary. Export it again.")
    numbers = _vocabulary(model.get("vocab"))
    added = content.get("added_tokens", [])
    if not isinstance(added, list) or not all(isinstance(a, dict) and isinstance(a.get("content"), str) for a in added):
        _refuse("bad_tokens", "'added_tokens' must list objects with 'id' and 'content'. Export it again.")
    check_numbers([*numbers, *(a.get("id") for a in added)], vocab_size, TOKENIZER)
    _padding(content.get("padding"))
    for part in _parts:
        _kinds(content.get(part), part)
        _patterns(content.get(part), part)
    if model.get("type") not in (None, *_models) or model.get("dropout"):
        _refuse("unknown_part", "its 'model' is of a kind that is not known, or cuts words by chance. Export it again.")
    _lengths(content.get("truncation"), content.get("post_processor"), vocab_size)


def tokens(content: Mapping[str, Any]) -> dict[str, int]:
    """Every token of a checked tokenizer.json with its number."""
    vocab = content["model"]["vocab"]
    known = dict(vocab) if isinstance(vocab, dict) else {entry[0]: number for number, entry in enumerate(vocab)}
    known.update({added["content"]: added["id"] for added in content.get("added_tokens", [])})
    return known


def named_tokens(content: Mapping[str, Any]) -> set[str]:
    """The special tokens that tokenizer_config.json or special_tokens_map.json names: a loader adds those it lacks."""
    found: set[str] = set()
    for key, value in content.items():
        if key.endswith("_token") or key in ("additional_special_tokens", "extra_special_tokens"):
            inner = value.values() if isinstance(value, dict) and "content" not in value else value
            for entry in list(inner) if not isinstance(inner, str | dict | int | float | None) else [inner]:
                text = entry.get("content") if isinstance(entry, dict) else entry
                if isinstance(text, str):
                    found.add(text)
    return found


def check_numbers(numbers: list[Any], vocab_size: int | None, file: str) -> None:
    """Every token's number must be a row of the model's embedding."""
    limit = MAX_TOKENS if vocab_size is None else vocab_size
    if len(numbers) > MAX_TOKENS:
        _refuse("too_many_tokens", f"it has {len(numbers)} tokens; at most {MAX_TOKENS} are taken.", file)
    for number in numbers:
        if type(number) is not int or not 0 <= number < limit:
            _refuse(
                "token_number",
                f"a token has the number {shown(number)}, but the model's vocabulary ends before {limit};"
                " the model would read beyond its embedding. Use the tokenizer that belongs to the model.",
                file,
            )


def check_tokenizer_config(content: Mapping[str, Any], vocab_size: int | None) -> None:
    """Raises IntakeRefused for fields that lead to code, to other files, or for a template of absurd size."""
    refuse_dangerous(content, CONFIG)
    for key, value in walk(content):
        if value is None:
            continue
        if key == "init_inputs" and value:
            _refuse(
                "dangerous_field",
                "'init_inputs' calls the tokenizer with arguments of its own. Remove it.",
                CONFIG,
            )
        if _path_key.fullmatch(key) and key not in _harmless_paths:
            _refuse("dangerous_field", f"'{shown(key)}' names a file elsewhere. Remove it.", CONFIG)
    added = content.get("added_tokens_decoder") or {}
    if not isinstance(added, dict):
        _refuse("bad_tokens", "'added_tokens_decoder' must map numbers to tokens. Export it again.", CONFIG)
    check_numbers([int(n) if re.fullmatch("[0-9]{1,10}", n) else n for n in added], vocab_size, CONFIG)
    template = content.get("chat_template")
    texts = [template]
    if isinstance(template, list):
        if not all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in template):
            _refuse("bad_template", "'chat_template' must list objects with 'name' and 'template'. Correct it.", CONFIG)
        texts = [each.get("template", 0) for each in template]
    for text in texts:
        if text is not None and not isinstance(text, str):
            _refuse("bad_template", "'chat_template' must be text. Correct it.", CONFIG)
    if sum(len(text or "") for text in texts) > MAX_TEMPLATE:
        _refuse("too_large", f"its chat template has more than {MAX_TEMPLATE} characters. Shorten it.", CONFIG)


def _vocabulary(vocab: Any) -> list[Any]:
    if isinstance(vocab, dict) and vocab:
        numbers = list(vocab.values())
        if len(set(map(repr, numbers))) != len(numbers):
            _refuse("token_number", "two tokens have the same number. Export it again.")
        return numbers
    if isinstance(vocab, list) and vocab:
        if not all(isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) for entry in vocab):
            _refuse("bad_tokens", "its vocabulary is not a list of token and score. Export it again.")
        return list(range(len(vocab)))
    _refuse("no_model", "its 'model' has no vocabulary. Export it again.")


def _kinds(part: Any, name: str) -> None:
    """Known pieces only, and few of them; `Precompiled` is a blob that only the library could look into."""
    kinds = [entry["type"] for entry in objects(part) if "type" in entry]
    unknown = [kind for kind in kinds if kind not in _pieces[name].split()]
    if unknown or len(kinds) > MAX_PIECES:
        _refuse(
            "unknown_part",
            f"'{name}' has {f'a piece {shown(unknown[0])!r}' if unknown else f'{len(kinds)} pieces'}; known are"
            f" {', '.join(_pieces[name].split())}, at most {MAX_PIECES} in all. Use a tokenizer made of these.",
        )


def _lengths(truncation: Any, post: Any, vocab_size: int | None) -> None:
    """Windows that do not move, templates that add a thousand tokens to a text, numbers beyond the vocabulary."""
    if isinstance(truncation, dict):
        stride, length = truncation.get("stride", 0), truncation.get("max_length", 1)
        if type(stride) is not int or type(length) is not int or not 0 <= stride < length <= MAX_PADDING:
            _refuse("truncation", "its 'truncation' cuts texts into windows that never end. Remove 'truncation'.")
    for entry in objects(post):
        for key in ("single", "pair"):
            if isinstance(entry.get(key), list) and len(entry[key]) > MAX_PIECES:
                _refuse("post_processor", f"it adds more than {MAX_PIECES} tokens to every text. Export it again.")
        given = entry.get("ids")
        ids: list[Any] = given if isinstance(given, list) else []
        ends = [e[1] for e in (entry.get("sep"), entry.get("cls")) if isinstance(e, list) and len(e) == 2]
        check_numbers([*ids, *ends], vocab_size, TOKENIZER)


def _padding(padding: Any) -> None:
    """Padding to a fixed length of 10^12 would be carried out for every text."""
    for _, value in walk(padding):
        if isinstance(value, int) and not 0 <= value <= MAX_PADDING:
            _refuse(
                "padding",
                f"it pads texts to {shown(value)} tokens; at most {MAX_PADDING} make sense. Remove 'padding'.",
            )


def _patterns(part: Any, name: str) -> None:
    growth = []
    for entry in objects(part):
        pattern = entry.get("Regex")
        if isinstance(pattern, str) and (len(pattern) > MAX_PATTERN or _repeated_group.search(pattern)):
            _refuse(
                "pattern",
                f"'{name}' has a pattern with a repeated group or of more than {MAX_PATTERN} characters,"
                " which can take hours on a short text. Use a pattern without it.",
            )
        if entry.get("type") in ("Replace", "Prepend"):
            matches_nothing = isinstance(entry.get("pattern"), dict) and "Regex" in entry["pattern"]
            growth.append(max(1, len(str(entry.get("content", entry.get("prepend", "")))) + matches_nothing))
    if prod(growth) > MAX_GROWTH:
        _refuse(
            "pattern",
            f"'{name}' chains replacements that make one letter up to {shown(prod(growth), 20)} letters"
            f" long; at most {MAX_GROWTH} are taken. Use the tokenizer without them.",
        )


def _refuse(reason: str, message: str, file: str = TOKENIZER) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
