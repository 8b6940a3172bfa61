"""Both clients against the real server: what the directory says, files there and back, aliases, relatives."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from aird.catalog.models import Version
from aird.client import Client, LocalFile, NotFound, NotPermitted, Refused
from aird.client.export import verify
from aird.testing import World
from tests.client.served import Served, serving
from tests.tiny import tiny

__all__ = ["tiny"]


class Cut(Exception):
    """Stands for the end of a program in the middle of its work."""


TEXTS = {"config.json": b"{}", "README.md": b"# Mail", "sub/notes.txt": b"x" * 3_000_000}


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    with serving(world) as found:
        yield found


@pytest.fixture
def sam(served: Served, connect: Callable[..., Client]) -> Client:
    """Sam, of the staff, works with one of the two clients."""
    return connect(served.url, served.token(), retry_pause=0.01)


@pytest.fixture
def mail(world: World) -> list[Version]:
    """Two versions of support/mail."""
    return [world.version("support/mail", files={**TEXTS, "config.json": b'{"n": %d}' % n}) for n in (1, 2)]


def contents(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_the_directory_is_read_page_by_page(world: World, sam: Client, mail: list[Version]) -> None:
    for number in range(3):
        world.version(f"finance/m{number}")
    assert [each.name for each in sam.models.list(department="finance")] == ["finance/m0", "finance/m1", "finance/m2"]
    assert [each.ref for each in sam.versions.list(department="support")] == ["support/mail@2"]
    assert {each.name for each in sam.models.search("mail")} == {"support/mail"}
    assert sam.models.facets(department="finance")["department"]


def test_a_name_gives_the_model_and_a_ref_the_version(sam: Client, mail: list[Version]) -> None:
    model, version = sam.models.get("support/mail"), sam.models.get("support/mail@1")
    assert model["name"] == "support/mail"
    assert version["ref"] == "support/mail@1"
    assert sam.versions.get("support/mail").ref == "support/mail@2"
    assert model.created_at.tzinfo is not None
    with pytest.raises(NotFound) as caught:
        sam.models.get("support/nothing")
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_an_alias_is_set_moved_and_remembered(sam: Client, mail: list[Version]) -> None:
    sam.aliases.set("support/mail", "staging", 1, reason="First try")
    sam.models.get("support/mail").set_alias("staging", 2, reason="Better")
    assert sam.models.get("support/mail@staging")["ref"] == "support/mail@2"
    history = list(sam.aliases.history("support/mail", "staging"))
    assert [(each.ref, each.reason) for each in history] == [
        ("support/mail@2", "Better"),
        ("support/mail@1", "First try"),
    ]
    assert sam.aliases.at("support/mail", "staging", history[1].at).ref == "support/mail@1"
    sam.aliases.remove("support/mail", "staging", reason="Done")
    assert sam.aliases.list("support/mail") == []
    with pytest.raises(NotFound, match="no alias 'staging'"):
        sam.versions.get("support/mail@staging")


def test_a_protected_alias_moves_by_an_approval_only(sam: Client, mail: list[Version]) -> None:
    with pytest.raises(Refused) as caught:
        sam.aliases.set("support/mail", "production", 1, reason="Now")
    assert caught.value.code == "alias_protected"


def test_a_version_is_pulled_whole(sam: Client, mail: list[Version], tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    def progress(path: str, count: int) -> None:
        seen[path] = seen.get(path, 0) + count

    target = sam.models.get("support/mail@1").pull(tmp_path / "in" / "mail", on_progress=progress)
    assert contents(target) == {**TEXTS, "config.json": b'{"n": 1}'}
    assert seen == {path: len(data) for path, data in contents(target).items()}
    assert [each.name for each in (tmp_path / "in").iterdir()] == ["mail"]


def test_what_is_in_the_way_of_a_pull_stays_unless_it_is_to_be_replaced(
    sam: Client, mail: list[Version], tmp_path: Path
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "mine.txt").write_text("mine")
    version = sam.versions.get("support/mail@2")
    with pytest.raises(LocalFile, match="holds something else"):
        version.pull(tmp_path / "mail")
    assert contents(tmp_path / "mail") == {"mine.txt": b"mine"}
    version.pull(tmp_path / "mail", replace=True)
    assert contents(tmp_path / "mail")["config.json"] == b'{"n": 2}'
    version.pull(tmp_path / "mail")  # it is there already, and nothing is in the way


def test_an_export_stands_on_its_own_and_is_the_same_each_time(sam: Client, world: World, tmp_path: Path) -> None:
    world.version("support/bare", files={"config.json": b"{}"})
    version = sam.versions.get("support/bare@1")
    first, second = (version.export(tmp_path / name) for name in ("first", "second"))
    assert contents(first.path) == contents(second.path)
    assert verify(first.path) == first.digest == version.digest
    assert {"README.md", "manifest.json", "version.json", "SHA256SUMS"} < contents(first.path).keys()
    assert json.loads((first.path / "version.json").read_bytes())["ref"] == "support/bare@1"


def test_a_folder_becomes_a_version_and_is_not_sent_twice(
    sam: Client, tiny: Mapping[str, Path], tmp_path: Path
) -> None:
    sent: list[int] = []
    base = sam.models.add(tiny["base"], "platform/tiny", license="apache-2.0")
    one = sam.models.add(tiny["one"], "support/one", base=base.ref, on_progress=lambda _path, count: sent.append(count))
    assert (base.ref, base.license, one.base) == ("platform/tiny@1", "apache-2.0", "platform/tiny@1")
    assert sum(sent) == sum(each.stat().st_size for each in tiny["one"].iterdir())
    sent.clear()
    again = sam.models.add(
        tiny["one"], "support/one", base=base.ref, on_progress=lambda _path, count: sent.append(count)
    )
    assert (again.ref, sent) == (one.ref, [])
    one.pull(tmp_path / "one")
    assert contents(tmp_path / "one")["adapter_config.json"] == (tiny["one"] / "adapter_config.json").read_bytes()


def test_what_the_intake_refuses_is_said_with_its_code(sam: Client, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.py").write_text("import os")
    with pytest.raises(Refused) as caught:
        sam.models.add(folder, "support/odd")
    assert (caught.value.code, caught.value.status) == ("intake_refused", 422)


def test_a_push_that_was_cut_goes_on_where_it_was(sam: Client, tiny: Mapping[str, Path], tmp_path: Path) -> None:
    whole = sum(each.stat().st_size for each in tiny["base"].iterdir())
    sent: list[int] = []

    def cut(path: str, count: int) -> None:
        sent.append(count)
        if path == "model.safetensors" and count:
            raise Cut

    with pytest.raises(Cut):
        sam.models.add(tiny["base"], "platform/tiny", on_progress=cut)
    remembered = list((tmp_path / "cache" / "aird" / "uploads").iterdir())
    assert len(remembered) == 1
    version = sam.models.add(tiny["base"], "platform/tiny")
    assert version.ref == "platform/tiny@1"
    assert sum(sent) <= whole
    assert not remembered[0].exists()


def test_relatives_and_differences_are_typed(sam: Client, world: World, mail: list[Version]) -> None:
    version = sam.versions.get("support/mail@2")
    assert version.lineage().ancestors == []
    assert version.affected().versions == []
    changed = [each.path for each in version.diff("support/mail@1").files if each.change == "changed"]
    assert changed == ["config.json"]
    assert version.text("config.json") == '{"n": 2}'


def test_a_retired_version_names_its_successor(sam: Client, served: Served, connect: Callable[..., Client],
                                                mail: list[Version]) -> None:  # fmt: skip
    version = sam.versions.get("support/mail@1").retire(reason="Old", successor="support/mail@2")
    assert (version.state, version.successor) == ("retired", "support/mail@2")
    lin = connect(served.url, served.token("noor"))
    with pytest.raises(NotPermitted) as caught:
        lin.versions.retire("support/mail@2", reason="Old")
    assert caught.value.status == 403


def test_the_weights_of_a_gated_model_are_asked_for_and_granted(
    sam: Client, served: Served, connect: Callable[..., Client], mail: list[Version], tmp_path: Path
) -> None:
    sam.models.update("support/mail", gating="manual")
    omar = connect(served.url, served.token("omar"))
    with pytest.raises(NotPermitted) as caught:
        omar.versions.get("support/mail@1").pull(tmp_path / "mine")
    assert caught.value.code == "gated_model"
    asked = omar.access.ask("support/mail", purpose="Invoices")
    assert [(each.person, each.fields["purpose"]) for each in sam.access.requests("support/mail")] == [
        ("omar", "Invoices")
    ]
    assert sam.access.decide("support/mail", asked.id, state="accepted").state == "accepted"
    omar.versions.get("support/mail@1").pull(tmp_path / "mine")
    assert sam.access.grant("support/mail", "hr").department == "hr"
    assert [each.department for each in sam.access.grants("support/mail")] == ["hr"]
    sam.access.revoke("support/mail", "hr")
    assert sam.access.grants("support/mail") == []
