"""Lists: every page together are what looking at each model and version gives, whatever they are narrowed by."""

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import cursors, facets, listing, term_index
from aird.catalog.cursors import CursorUnknown
from aird.catalog.lifecycle import VersionState
from aird.catalog.listing import Sort
from aird.catalog.models import Kind
from aird.catalog.names import NameRefused
from aird.catalog.selection import Filters, FilterUnknown, Floor
from aird.testing import World
from tests.catalog.crowd import LICENSES, SUITES, TAGS, Crowd, gather, narrowed, narrowed_versions

SEARCHES = [
    "mail",
    "MAILI",
    "re",
    "resume",
    "客",
    "客服",
    "审批",
    "レビ",
    "contract bot",
    "clerk v2",
    "stras",
    "nothing",
    "x y",
]
BY_ONE = [
    Filters(),
    *(Filters(search=each) for each in SEARCHES),
    *(Filters(department=each) for each in ("hr", "support", "moon")),
    *(Filters(tags=(each,)) for each in TAGS),
    Filters(tags=("legal", "财务")),
    *(Filters(language=each) for each in ("zh", "en", "fr")),
    *(Filters(kind=each) for each in Kind),
    *(Filters(state=each) for each in VersionState),
    *(Filters(license=each) for each in LICENSES if each),
    *(Filters(base=each) for each in ("platform/base", "platform/base@1")),
    Filters(size_min=10**6),
    Filters(size_max=10**6),
    Filters(size_min=10**6, size_max=10**10),
    *(Filters(skills=(Floor(suite, score),)) for suite in SUITES for score in (None, 0.5, 0.9)),
]


def at_random(pick: random.Random) -> Filters:
    """Two or three conditions at once."""
    choice = {
        "search": pick.choice(SEARCHES),
        "department": pick.choice(["hr", "support", "finance"]),
        "tags": (pick.choice(TAGS),),
        "kind": pick.choice([Kind.ADAPTER, Kind.FULL]),
        "state": pick.choice(list(VersionState)),
        "license": pick.choice(["mit", "apache-2.0"]),
        "language": "zh",
        "size_min": 10**6,
        "skills": (Floor(pick.choice(SUITES), 0.5),),
    }
    return Filters(**{key: choice[key] for key in pick.sample(list(choice), pick.choice([2, 2, 3]))})


def model_names(session: Session, actor: Actor, filters: Filters, sort: Sort = Sort.NAME, limit: int = 17) -> list[str]:
    """All pages of the list."""
    shown: list[str] = []
    cursor = None
    while True:
        page, cursor = listing.models(session, actor, filters, sort=sort, cursor=cursor, limit=limit)
        shown += [each.name for each in page]
        if cursor is None:
            return shown
        assert len(page) == limit


def version_refs(session: Session, actor: Actor, filters: Filters, *, every: bool, limit: int = 17) -> list[str]:
    """All pages of the list."""
    shown: list[str] = []
    cursor = None
    while True:
        page, cursor = listing.versions(session, actor, filters, every=every, cursor=cursor, limit=limit)
        shown += [each.ref for each in page]
        if cursor is None:
            return shown
        assert len(page) == limit


@pytest.fixture(params=[term_index.ENOUGH, 3], ids=["rare", "common"])
def crowd(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """Seventy models; with every term taken for a rare one, and for a common one."""
    for module in (term_index, listing):
        monkeypatch.setattr(module, "ENOUGH", request.param)
    return gather(world, size=70)


def test_pages_hold_what_looking_at_each_model_gives(world: World, crowd: Crowd) -> None:
    pick = random.Random(5)
    asked = [*BY_ONE, *(at_random(pick) for _ in range(30))]
    with world.database.read() as session:
        for who in ("noor", "rui", "lin"):
            actor = world.actor(who)
            for filters in asked:
                names = [each.name for each in narrowed(crowd, actor, filters)]
                assert model_names(session, actor, filters) == names, (who, filters)


def test_pages_by_time_hold_the_same_in_the_order_of_the_last_changes(world: World, crowd: Crowd) -> None:
    pick = random.Random(7)
    asked = [*BY_ONE, *(at_random(pick) for _ in range(20))]
    rui = world.actor("rui")
    with world.database.read() as session:
        for filters in asked:
            old = sorted(narrowed(crowd, rui, filters), key=lambda model: model.updated_at)
            for sort, order in ((Sort.OLDEST, old), (Sort.NEWEST, old[::-1])):
                assert model_names(session, rui, filters, sort) == [each.name for each in order], filters


def test_pages_hold_what_looking_at_each_version_gives(world: World, crowd: Crowd) -> None:
    pick = random.Random(6)
    rui = world.actor("rui")
    with world.database.read() as session:
        for filters in [*BY_ONE, *(at_random(pick) for _ in range(30))]:
            refs = [each.ref for each in narrowed_versions(crowd, rui, filters)]
            assert version_refs(session, rui, filters, every=True) == refs, filters
            latest = [
                f"{each.name}@{each.latest_number}" for each in narrowed(crowd, rui, filters) if each.latest_number
            ]
            assert version_refs(session, rui, filters, every=False) == latest, filters


def test_facets_count_what_each_choice_would_leave(world: World, crowd: Crowd) -> None:
    with world.database.read() as session:
        for who in ("noor", "rui"):
            actor = world.actor(who)
            for filters in (Filters(), Filters(search="客"), Filters(kind=Kind.ADAPTER), Filters(size_min=10**6)):
                shown = facets.facets(session, actor, filters)
                expected = narrowed(crowd, actor, filters)
                assert (shown.models, shown.cut) == (len(expected), False)
                for kind, field in (("kind", "kind"), ("state", "state"), ("license", "license")):
                    counted = {each.value: each.count for each in getattr(shown, kind)}
                    values = [str(getattr(latest, field)) for each in expected if (latest := crowd.latest(each))]
                    assert counted == {value: values.count(value) for value in set(values) if value}, (kind, filters)
                assert sum(each.count for each in shown.department) == len(expected)
                assert [each.value for each in shown.base] in ([], ["platform/base"])
                assert [each.count for each in shown.tag] == sorted((each.count for each in shown.tag), reverse=True)


def test_a_class_of_size_narrows_as_its_facet_counts(world: World) -> None:
    gather(world, size=20)
    noor = world.actor("noor")
    with world.database.read() as session:
        for each in facets.facets(session, noor).size:
            assert len(model_names(session, noor, Filters(size=each.value))) == each.count


def test_facets_say_where_counting_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "COUNTED", 2)
    with world.database.read() as session:
        assert not facets.facets(session, world.actor("noor")).cut
    for name in ("hr/a", "hr/b", "hr/c"):
        world.version(name)
    with world.database.read() as session:
        shown = facets.facets(session, world.actor("noor"))
    assert (shown.cut, shown.models, [each.count for each in shown.kind]) == (True, 2, [2])


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "support/a@2",
        "WyJ2ZXJzaW9ucyJd",
        "W10",
        "bnVsbA",
        "[]",
        "é",
        "a" * 999,
        cursors.write("models name", ["a"]),
    ],
)
def test_a_made_up_cursor_is_refused(world: World, cursor: str) -> None:
    with world.database.read() as session, pytest.raises(CursorUnknown):
        listing.versions(session, world.actor("noor"), cursor=cursor)


@pytest.mark.parametrize("keys", [["a\0", 1], ["a\ud800", 1], ["a", -1], ["a", 2**31], [1, "a"], ["a", 1.5]])
def test_a_cursor_with_keys_that_no_row_has_is_refused(keys: list[str | int]) -> None:
    with pytest.raises(CursorUnknown):
        cursors.read(cursors.write("versions", keys), "versions", [str, int])
    assert cursors.read(cursors.write("versions", ["a", 1]), "versions", [str, int]) == ["a", 1]


def test_a_cursor_of_times_keeps_them_to_the_microsecond() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    kinds: list[type[str | int | datetime]] = [datetime, str]
    assert cursors.read(cursors.write("models updated", [moment, "a"]), "models updated", kinds) == [moment, "a"]
    for wrong in ("2026-02-03", "2026-02-03T04:05:06", "now"):
        with pytest.raises(CursorUnknown):
            cursors.read(cursors.write("models updated", [wrong, "a"]), "models updated", kinds)


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("a/b", Floor("a/b")),
        ("a/b:0.5", Floor("a/b", 0.5)),
        ("a:b:1", Floor("a:b", 1.0)),
        ("a/b:-1", Floor("a/b", -1.0)),
    ],
)
def test_a_skill_is_a_suite_and_perhaps_a_floor(text: str, floor: Floor) -> None:
    assert Floor.parse(text) == floor


@pytest.mark.parametrize("text", ["a/b:", "a/b:x", "a/b:nan", "a/b:inf", ":0.5"])
def test_a_skill_with_a_floor_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FilterUnknown):
        Floor.parse(text)


def test_a_base_that_is_not_there_or_not_to_be_seen_finds_nothing(world: World) -> None:
    crowd = gather(world, size=12)
    rui, noor = world.actor("rui"), world.actor("noor")
    with world.database.read() as session:
        assert model_names(session, noor, Filters(base="platform/base"))
        for base in ("platform/nobody", "platform/base@9", "platform/base@production"):
            assert model_names(session, noor, Filters(base=base)) == []
        with pytest.raises(NameRefused):
            listing.models(session, rui, Filters(base="../etc"))
    assert crowd.models


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00"])
def test_a_moment_that_no_calendar_has_in_utc_is_refused(moment: str) -> None:
    with pytest.raises(CursorUnknown):
        cursors.read(cursors.write("models", [moment]), "models", [datetime])
    good = datetime(2026, 1, 1, tzinfo=UTC)
    assert cursors.read(cursors.write("models", [good]), "models", [datetime]) == [good]
