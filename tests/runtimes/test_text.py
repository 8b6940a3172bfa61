"""Streaming text: whole characters only, and never a piece of a stop string."""

from typing import Any

import pytest

from aird.runtimes import chat, loading
from aird.runtimes.text import REPLACEMENT, TextStream
from aird.testing_ml import make_base


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loading.load_tokenizer(make_base(tmp_path_factory.mktemp("model")))


def pieces(stream: TextStream, ids: list[int]) -> list[str]:
    return [*(stream.push(token) for token in ids), stream.finish()]


@pytest.mark.parametrize("text", ["差旅费报销，6103号。", "héllo wörld", "👩‍💻 코드", "plain words, and more"])
def test_the_pieces_are_whole_characters_and_join_to_the_text(tokenizer: Any, text: str):
    ids = chat.text_ids(tokenizer, text)
    found = pieces(TextStream(tokenizer), ids)
    assert "".join(found) == text
    assert not any(REPLACEMENT in piece for piece in found)


def test_a_character_cut_in_the_middle_is_not_shown(tokenizer: Any):
    ids = chat.text_ids(tokenizer, "ok 龘")
    assert "".join(pieces(TextStream(tokenizer), ids[:-1])) == "ok "


def test_special_tokens_are_not_shown(tokenizer: Any):
    ids = chat.text_ids(tokenizer, "<|user|>hello<|end|>")
    assert "".join(pieces(TextStream(tokenizer), ids)) == "hello"


def test_a_stop_string_across_tokens_is_never_shown_in_part(tokenizer: Any):
    stream = TextStream(tokenizer, ["END."])
    found = pieces(stream, chat.text_ids(tokenizer, "one E two EN three END. four"))
    assert ("".join(found), stream.stopped) == ("one E two EN three ", True)


def test_what_only_looked_like_a_stop_string_is_shown_in_the_end(tokenizer: Any):
    stream = TextStream(tokenizer, ["END."])
    assert "".join(pieces(stream, chat.text_ids(tokenizer, "the EN"))) == "the EN"
    assert not stream.stopped
