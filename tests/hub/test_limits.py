"""What one request may cost: lines, paths, files laid out, models looked at; and what holds while others write."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from aird.audit.queries import entries
from aird.catalog import aliases, commits, queries
from aird.catalog.models import RefKind
from aird.hub import claims, ndjson, refs, revisions
from aird.hub.errors import RefTaken
from aird.hub.ndjson import CommitUnreadable, Lines
from aird.testing import World
from tests.hub.caller import Caller, file, lfs, sha256

BASE = "finance/base"


@pytest.fixture
def hub(world: World, models: Mapping[str, Path]) -> Caller:
    """The Hub with finance/base pushed."""
    made = Caller(world)
    made.create(BASE)
    assert made.push(BASE, models["base"]).status_code == 200
    return made


def test_a_commit_has_an_end_to_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "MOST_LINES", 3)
    assert len(list(Lines().feed(b'{"a": 1}\n\n{"b": 2}\n'))) == 2
    with pytest.raises(CommitUnreadable, match="3 lines"):
        list(Lines().feed(b"\n" * 4))


def test_a_path_of_any_length_is_not_kept(hub: Caller) -> None:
    assert hub.commit(BASE, ("deletedFile", {"path": "x" * 1024})).status_code == 404
    assert hub.commit(BASE, ("deletedFile", {"path": "x" * 1025})).status_code == 400


def test_one_blob_under_many_names_is_refused_before_it_is_laid_out(
    hub: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = b"Free for all." * 100
    assert hub.commit(BASE, file("LICENSE", words)).status_code == 200

    def lay_out(*_: object) -> None:
        raise AssertionError("nothing may be laid out")

    monkeypatch.setattr(type(hub.world.store), "lay_out", lay_out)
    copies = [("copyFile", {"path": f"a{number}.json", "srcPath": "LICENSE"}) for number in range(700)]
    for steps, reason in ((copies, "600"), (copies[:3], "a0.json")):
        answer = hub.commit(BASE, *steps)
        assert (answer.status_code, reason in answer.json()["error"]) == (422, True), answer.text


def test_every_file_that_one_may_read_is_found_however_many_models_have_it(
    hub: Caller, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_MODELS", 2)
    hub.create("finance/copy")
    paths = sorted(models["base"].iterdir())
    steps = [lfs(each.name, each.read_bytes()) for each in paths]
    assert hub.commit("finance/copy", *steps).status_code == 200
    with hub.world.database.read() as session:
        wanted = {f"sha256:{sha256(each.read_bytes())}" for each in paths}
        assert claims.claimable(session, hub.world.actor("omar"), wanted) == set(), "a lead may not use weights"
        assert claims.claimable(session, hub.world.actor("sam"), wanted) == wanted


def test_a_branch_is_not_made_beside_an_alias_that_is_just_made(hub: Caller) -> None:
    world, failed = hub.world, []
    sam = world.actor("sam")

    def branch() -> None:
        try:
            with world.database.write() as session:
                model = queries.get_model(session, BASE)
                start = revisions.resolve(session, revisions.Repo(model), None)
                refs.create(session, sam, model, RefKind.BRANCH, "live", start)
        except RefTaken as error:
            failed.append(error)

    other = threading.Thread(target=branch)
    with world.database.write() as session:
        model = queries.get_model(session, BASE)
        aliases.move(session, sam, model, "live", queries.get_version(session, BASE), reason="first")
        other.start()
        other.join(0.5)
    other.join(30)
    assert len(failed) == 1


def test_a_squash_begins_with_what_was_pushed_last(hub: Caller) -> None:
    world = hub.world
    sam = world.actor("sam")
    other = threading.Thread(target=lambda: hub("POST", f"/api/models/{BASE}/super-squash/main", json={}))
    with world.database.write() as session:
        model = queries.get_model(session, BASE)
        commits.hold_branches(session, model)
        other.start()
        other.join(0.5)
        manifest = world.store.put_files({"LICENSE": b"Ours."}, session=session)
        pushed = commits.commit(session, sam, model, manifest, "while it waits")
    other.join(30)
    with world.database.read() as session:
        head = commits.head(session, queries.get_model(session, BASE))
        assert head is not None
        assert (head.artifact, head.parent_id) == (pushed.artifact, None)
        assert any(each.event == "hub.branch.squashed" for each in entries(session, limit=5))


def test_what_is_asked_with_a_request_for_weights_is_small(hub: Caller) -> None:
    assert hub("POST", f"/{BASE}/ask-access", "rui", json={"why": "x" * 3000}).status_code == 400
    assert hub("POST", f"/{BASE}/ask-access", "rui", content=b'{"why": NaN}').status_code == 400
    assert hub("POST", f"/{BASE}/ask-access", "rui", json={"why": "a merge"}).status_code == 200
