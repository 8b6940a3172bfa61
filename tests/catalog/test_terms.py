"""From texts to terms and from searches to terms: whatever is searched for out of a text finds that text."""

import random

import pytest

from aird.catalog import terms
from aird.catalog.terms import About, Beginning


def finds(search: str, text: str) -> bool:
    wanted = terms.wanted(search)
    there = terms.text_terms([text])
    return wanted is not None and (
        set(wanted.terms) <= there
        and all(
            any(first <= term < end for term in there) for first, end in (each.bounds for each in wanted.beginnings)
        )
    )


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("f", "Finance"),
        ("FIN", "finance"),
        ("finan", "Finance"),
        ("resume", "Résumé"),
        ("RÉSUMÉ", "resume"),
        ("strasse", "Straße"),
        ("ＡＢＣ", "abc"),
        ("support-bot", "support/bot_v2"),
        ("qwen2.5", "Qwen2.5-7B"),
        ("客", "客服助手"),
        ("服助", "客服助手"),
        ("客服 bot", "Bot für 客服"),
        ("レビ", "コードレビュー"),
        ("が", "がぎ"),
        ("한국", "한국어로"),
        ("안", "안녕"),
        ("й", "Йод"),
    ],
)
def test_a_text_is_found_by_what_stands_in_it(search: str, text: str) -> None:
    assert finds(search, text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("inance", "finance"),
        ("服客", "客服"),
        ("か", "が"),
        ("v3", "v2"),
        ("finance hr", "finance"),
        ("financed", "finance"),
    ],
)
def test_a_text_is_not_found_by_what_does_not_stand_in_it(search: str, text: str) -> None:
    assert not finds(search, text)


@pytest.mark.parametrize("search", ["", " ", "%", "_", "'; --", "*", "。、", "@", "^", "@:"])
def test_signs_alone_ask_for_nothing(search: str) -> None:
    assert terms.wanted(search) is None
    assert terms.wanted(search + "a") is not None


def test_any_piece_of_any_text_finds_it() -> None:
    pick = random.Random(3)
    letters = "aéZß0客服助手がレ한국й _-./:@^%ไทย"
    for _ in range(2000):
        text = "".join(pick.choices(letters, k=pick.randrange(1, 30)))
        pieces = [run for run, _ in terms.runs(text)]
        if pieces:
            piece = pick.choice(pieces)
            assert finds(piece[: pick.randrange(1, len(piece) + 1)], text), (piece, text)


def test_words_are_told_from_facts() -> None:
    about = About(name="hr/bot", title="@tag:legal ^x", department="hr", tags=("Zero Shot",), card={"language": "zh"})
    found = terms.terms_of(about)
    assert {term for term in found if term.startswith("@")} == {"@1", "@department:hr", "@tag:zero shot"}
    assert {"tag", "legal", "zh", "^zh"} <= found


def test_facts_are_those_of_the_latest_version() -> None:
    card = {"language": ["en", 5, "zh"], "tags": "chat", "nested": [{"deep": "down"}]}
    about = About(
        name="hr/bot", title="Bot", department="hr", kind="adapter", state="draft", license="MIT", base="f" * 32,
        parameters=5, card=card, suites=("hr/exam",),
    )  # fmt: skip
    assert terms.facets_of(about) == {
        "@1", "@department:hr", "@tag:chat", "@kind:adapter", "@state:draft", "@language:en", "@language:zh",
        "@skill:hr/exam", "@license:mit", "@base:" + "f" * 32, "@size:<1M",
    }  # fmt: skip
    assert "down" in terms.terms_of(about)


@pytest.mark.parametrize(
    ("parameters", "label"),
    [(0, "<1M"), (10**6 - 1, "<1M"), (10**6, "1M-10M"), (7 * 10**9, "3B-10B"), (10**11, ">100B"), (10**13, ">100B")],
)
def test_a_class_of_size_has_clear_bounds(parameters: int, label: str) -> None:
    assert terms.size_class(parameters) == label


def test_a_huge_text_has_few_terms_and_its_name_among_them() -> None:
    text = " ".join(f"w{n}" for n in range(100_000))
    found = terms.terms_of(About(name="hr/bot", title="x", description=text, notes="客" * 10**6))
    assert len(found) < 3000
    assert {"hr", "bot"} <= found
    assert max(map(len, terms.terms_of(About(name="hr/bot", title="t" * 128, tags=("标" * 300,))))) <= 128


def test_a_long_word_is_found_by_itself_and_a_search_is_bounded() -> None:
    assert finds("a" * 200, "a" * 300)
    wanted = terms.wanted(" ".join(f"word{n}" for n in range(40)))
    assert wanted is not None
    assert len(wanted.beginnings) == terms.MOST_WANTED
    assert terms.wanted("word word") == terms.Wanted((), (Beginning("word"),))
