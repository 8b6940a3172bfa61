"""The audit log over HTTP: found, verified, and taken out of the house in a form that others can verify."""

import csv
import io
import json

import pytest
from httpx2 import Response
from sqlalchemy import text

from aird.audit import service as audit
from aird.audit.chain import Link, verify
from aird.core.clock import now
from aird.server.audit_routes import router
from aird.testing import World
from tests.requests.web import Call, people_of


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


def events(person: Call, **wanted: object) -> list[str]:
    answer = person("noor").get("/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    return [each["event"] for each in answer.json()["items"]]


def test_the_newest_entry_stands_first(world: World, person: Call) -> None:
    version = world.version("support/mail")
    world.score(version, "support/exam", 0.9)
    shown = person("noor").get("/audit", params={"event": "catalog."}).json()["items"]
    assert [each["event"] for each in shown] == [
        "catalog.version.nominated", "catalog.version.added", "catalog.model.added",
    ]  # fmt: skip
    assert (shown[1]["subject"], shown[1]["actor"]) == ("support/mail@1", "sam")
    assert shown[0]["previous"] == shown[1]["hash"]
    assert shown[0]["reason"] == "measured in support/exam"


def test_the_log_is_narrowed(world: World, person: Call) -> None:
    before = now()
    version, _ = world.version("support/mail"), world.version("finance/books", by="sam")
    added = ["catalog.version.added"]
    assert events(person, event="catalog.version", subject="books") == added
    assert events(person, subject_id=str(version.id)) == added
    assert events(person, actor="sa", event="catalog.model") == ["catalog.model.added"] * 2
    assert events(person, actor="aird", event="catalog") == []
    assert len(events(person, since=before.isoformat(), event="catalog")) == 4
    assert events(person, since=now().isoformat(), event="catalog") == []
    assert events(person, event="%") == events(person, event="version.added") == []


def test_a_time_without_a_zone_is_refused(person: Call) -> None:
    answer = person("noor").get("/audit", params={"since": "2026-01-01T00:00:00"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert events(person, since="2999-01-01T00:00:00+02:00") == []


def test_pages_give_every_entry_once(person: Call) -> None:
    shown, cursor, noor = [], None, person("noor")
    while cursor is not None or not shown:
        page = noor.get("/audit", params={"limit": 7, **({"before": cursor} if cursor else {})}).json()
        shown, cursor = shown + [each["seq"] for each in page["items"]], page["next"]
    assert shown == list(range(shown[0], 0, -1))
    assert len(shown) > 14


@pytest.mark.parametrize("path", ["", "/export", "/verify", "/anchors"])
def test_the_log_is_for_auditors_and_admins(person: Call, path: str) -> None:
    method = "POST" if path == "/verify" else "GET"
    for who, status in (("noor", 200), ("ada", 200), ("sam", 403), ("lin", 403)):
        assert person(who).request(method, f"/audit{path}").status_code == status


def exported(answer: Response) -> list[Link]:
    """The lines of the export as the chain sees them."""
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    own = ("seq", "previous", "hash")
    content = [{key: value for key, value in row.items() if key not in own} for row in rows]
    return [Link(row["seq"], each, row["previous"], row["hash"]) for row, each in zip(rows, content, strict=True)]


def test_what_is_exported_can_be_verified_without_aird(world: World, person: Call) -> None:
    world.version("support/mail")
    noor = person("noor")
    links, shown = exported(noor.get("/audit/export")), noor.post("/audit/verify").json()
    verdict = verify(links)
    assert (verdict.sound, verdict.entries, verdict.head) == (True, shown["entries"], shown["head"])
    links[3].content["reason"] = "forged"
    assert verify(links).fault == "entry 4 was changed after it was written"


def test_a_verification_compares_with_the_anchors(world: World, person: Call) -> None:
    with world.database.read() as session:
        audit.anchor(session, world.settings.anchors())
    found = person("noor").post("/audit/verify").json()
    assert (found["sound"], found["anchors"], found["fault"]) == (True, 1, None)
    world.settings.anchors().write_text(json.dumps({"seq": 1, "hash": "0" * 64}) + "\n")
    found = person("noor").post("/audit/verify").json()
    assert (found["sound"], found["fault"]) == (False, "entry 1 is not the one that was anchored")


def test_a_forged_log_is_found_over_the_api(world: World, person: Call) -> None:
    noor = person("noor")
    assert noor.post("/audit/verify").json()["sound"]
    with world.database.write() as session:
        if world.database.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            session.execute(text("DROP TRIGGER audit_entries_no_update"))
        session.execute(text("UPDATE audit_entries SET reason = 'forged' WHERE seq = 2"))
    assert noor.post("/audit/verify").json()["fault"] == "entry 2 was changed after it was written"


def test_an_export_can_be_narrowed_and_its_lines_are_what_was_hashed(world: World, person: Call) -> None:
    world.version("support/mail")
    lines = person("noor").get("/audit/export", params={"event": "catalog.version"}).text.splitlines()
    (row,) = [json.loads(line) for line in lines]
    assert row["event"] == "catalog.version.added"
    assert json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == lines[0]


def test_a_table_for_a_spreadsheet_has_no_formulas(world: World, person: Call) -> None:
    with world.database.write() as session:
        audit.record(session, world.actor("lin"), "test.thing.done", world.actor("sam"), reason='=1+1, "so"')
    answer = person("noor").get("/audit/export", params={"form": "csv", "event": "test."})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "aird-audit.csv" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["actor"], row["reason"], row["subject"]) == ("lin", '\'=1+1, "so"', "sam")


def test_the_log_is_narrowed_by_reason_and_by_its_end(world: World, person: Call) -> None:
    version = world.version("support/mail")
    world.score(version, "support/exam", 0.9)
    assert events(person, reason="measured in") == ["catalog.version.nominated"]
    moment = now().isoformat()
    world.version("support/calls")
    assert "catalog.model.added" in events(person, since=moment)
    assert events(person, until=moment, event="catalog.model") == ["catalog.model.added"]


def test_the_anchors_are_shown(world: World, person: Call) -> None:
    assert person("noor").get("/audit/anchors").json() == []
    with world.database.read() as session:
        head = audit.anchor(session, world.settings.anchors())
    assert head is not None
    assert person("noor").get("/audit/anchors").json() == [{"seq": head.seq, "hash": head.hash}]
