"""Bad models as a Hub client pushes them: the commit is refused with the reason, and the branch stays where it was."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aird.catalog import commits, queries
from aird.testing import World
from tests.catalog import bad_words
from tests.hub.caller import Caller, file

BASE, ADAPTER = "finance/base", "finance/adapter"


@pytest.fixture
def hub(world: World, models: Mapping[str, Path]) -> Caller:
    """The Hub with finance/base pushed and finance/adapter opened."""
    made = Caller(world)
    for name in (BASE, ADAPTER):
        made.create(name)
    assert made.push(BASE, models["base"]).status_code == 200
    return made


def head(hub: Caller, name: str) -> str | None:
    with hub.world.database.read() as session:
        found = commits.head(session, queries.get_model(session, name))
        return found.sha if found else None


def raw(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def test_bad_words_are_refused_and_the_branch_stays(hub: Caller) -> None:
    before = head(hub, BASE)
    files = [("chat_template.jinja", text) for _, text, _ in bad_words.TEMPLATES[::5]]
    files += [("README.md", text) for _, text, _ in bad_words.CARDS[::4]]
    files += [("config.json", text) for text, _ in bad_words.JSON[::4]]
    files += [
        ("LICENSE", "PK\x03\x04 an archive"),
        ("tokenizer.json", "{}"),
        ("model.safetensors", "no header"),
        ("run.py", "print()"),
        ("a.gguf", "GGUF"),
    ]
    for path, text in files:
        answer = hub.commit(BASE, file(path, raw(text)))
        assert 400 <= answer.status_code < 500, (path, text[:60], answer.text)
        assert answer.headers.get("x-error-message"), (path, text[:60])
    assert head(hub, BASE) == before


def test_a_part_that_is_bad_is_no_commit_and_a_good_one_is(hub: Caller) -> None:
    before = head(hub, ADAPTER)
    assert hub.commit(ADAPTER, file("chat_template.jinja", b"{{ ''.__class__ }}")).status_code == 422
    assert head(hub, ADAPTER) == before
    assert hub.commit(ADAPTER, file("chat_template.jinja", b"{{ messages[0].content }}")).status_code == 200
    assert head(hub, ADAPTER) != before
