"""Which licences and restrictions rest on a version. Pure."""

import pytest

from aird.catalog import licences
from aird.catalog.licences import KNOWN, inherited, licences_in, normal, own


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("apache-2.0", "apache-2.0"),
        ("Apache 2.0", "apache-2.0"),
        (" MIT ", "mit"),
        ("GPL-3.0-or-later", "gpl-3.0"),
        ("Llama-3.1", "llama3.1"),
        ("GEMMA", "gemma"),
        ("My Own Terms", "My Own Terms"),
        ("", ""),
    ],
)
def test_a_known_licence_has_one_name_and_another_is_kept_as_written(written: str, key: str) -> None:
    assert normal(written) == key


def test_a_licence_brings_what_it_asks() -> None:
    assert own("cc-by-nc-4.0") == ["license:cc-by-nc-4.0", "non-commercial", "notice"]
    assert own("unlicense") == ["license:unlicense"]
    assert own("House rules") == ["license:House rules"]
    assert own("") == []


def test_a_merge_carries_the_union_of_its_parents() -> None:
    llama, ours = own("llama3.1"), ["license:mit", "notice"]
    found = inherited("", [("llama3.1", llama), ("mit", ours), ("cc-by-nc-4.0", [])])
    assert licences_in(found) == ["cc-by-nc-4.0", "llama3.1", "mit"]
    assert {"non-commercial", "naming", "use-policy", "user-limit", "notice"} <= set(found)
    assert found == sorted(set(found))


def test_an_adapter_inherits_its_base_and_keeps_its_own() -> None:
    base = inherited("gemma", [])
    adapter = inherited("proprietary", [("gemma", base)])
    assert licences_in(adapter) == ["gemma", "proprietary"]
    assert licences_in(inherited("", [("", adapter)])) == ["gemma", "proprietary"]


def test_nothing_falls_away_down_a_long_line() -> None:
    carried: list[str] = []
    for name in ("llama2", "House rules", "cc-by-sa-4.0", "", "mit"):
        carried = inherited(name, [("", carried)])
    assert licences_in(carried) == sorted(["llama2", "House rules", "cc-by-sa-4.0", "mit"])


def test_no_licence_at_all_carries_nothing() -> None:
    assert inherited("", []) == []
    assert inherited("", [("", [])]) == []


def test_the_table_is_consistent() -> None:
    words = {value for name, value in vars(licences).items() if name.isupper() and isinstance(value, str)}
    assert len(KNOWN) > 35
    for key, each in KNOWN.items():
        assert key == each.key == normal(key) == key.lower()
        assert each.title
        assert set(each.asks) <= words
    assert all(target in KNOWN for target in licences._ALIASES.values())
