"""Who may put what on an endpoint, the way back, and what the audit log says of it."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit.models import AuditEntry
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
from aird.core.errors import NotPermitted
from aird.deploy import queries, service
from aird.deploy.errors import (
    DigestNotApproved,
    EdgeOnly,
    EndpointExists,
    NotCleared,
    NothingToRollBack,
    VersionNotApproved,
)
from aird.deploy.models import Endpoint
from aird.testing import World
from tests.deploy.conftest import approved, move

NAME = "support/desk"


@pytest.fixture
def endpoint(world: World) -> Endpoint:
    with world.database.write() as opened:
        return service.create_endpoint(opened, world.actor("sam"), NAME, "Help desk")


def current(session: Session) -> str | None:
    read = queries.endpoint_detail(session, SYSTEM, queries.get_endpoint(session, NAME)).current
    return read and read.version


def test_staff_and_admins_open_endpoints_and_leads_do_not(world: World):
    for username, may in {"sam": True, "ada": True, "lin": False, "noor": False, "rui": False}.items():
        actor = world.actor(username)
        with world.database.write() as opened:
            if may:
                assert service.create_endpoint(opened, actor, f"support/{username}", "Desk").name
            else:
                with pytest.raises(NotPermitted):
                    service.create_endpoint(opened, actor, f"support/{username}", "Desk")


def test_a_name_is_given_once(world: World, endpoint: Endpoint):
    sam = world.actor("sam")
    with world.database.write() as opened:
        with pytest.raises(EndpointExists):
            service.create_endpoint(opened, sam, NAME, "Again")
        assert service.create_endpoint(opened, sam, "support/other", "Other").name


def test_only_an_approved_version_is_deployed(world: World, endpoint: Endpoint):
    version, sam = world.version("support/bot"), world.actor("sam")
    with world.database.write() as opened:
        catalog.clear(opened, move(opened, version), endpoint=NAME, approval_id=uuid4())
        for _ in range(2):
            with pytest.raises(VersionNotApproved, match="only an approved version"):
                service.deploy(opened, sam, endpoint, move(opened, version))
            if version.state is VersionState.DRAFT:
                version = move(opened, version, VersionState.CANDIDATE)
        found = move(opened, version, VersionState.APPROVED)
        assert service.deploy(opened, sam, endpoint, found).version.ref == "support/bot@1"


def test_a_version_is_deployed_only_where_it_was_approved_for(world: World, endpoint: Endpoint):
    elsewhere, here = approved(world, "support/bot", "finance/desk"), approved(world, "support/bot")
    sam = world.actor("sam")
    with world.database.write() as opened:
        for named in (None, uuid4(), catalog_queries.clearance(opened, elsewhere, "finance/desk").approval_id):  # type: ignore[union-attr]
            with pytest.raises(NotCleared, match="not approved for support/desk"):
                service.deploy(opened, sam, endpoint, move(opened, elsewhere), approval_id=named)
        clearance = catalog_queries.clearance(opened, here, NAME)
        assert clearance is not None
        deployed = service.deploy(opened, sam, endpoint, move(opened, here), approval_id=clearance.approval_id)
        assert deployed.approval_id == clearance.approval_id


def test_only_the_digest_that_was_approved_is_deployed(world: World, endpoint: Endpoint):
    version, sam = approved(world, "support/bot"), world.actor("sam")
    with world.database.write() as opened:
        found = move(opened, version)
        with pytest.raises(DigestNotApproved):
            service.deploy(opened, sam, endpoint, found, digest=f"sha256:{'0' * 64}")
        assert service.deploy(opened, sam, endpoint, found, digest=version.artifact).number == 1


def test_an_adapter_on_a_suspended_base_is_not_deployed(world: World, endpoint: Endpoint):
    base, sam = world.version("platform/base", kind=Kind.BASE), world.actor("sam")
    version = approved(world, "support/bot", kind=Kind.ADAPTER, base=base)
    with world.database.write() as opened:
        assert service.deploy(opened, sam, endpoint, move(opened, version)).number == 1
        move(opened, base, VersionState.SUSPENDED)
        with pytest.raises(VersionNotApproved, match="platform/base@1, the base"):
            service.deploy(opened, sam, endpoint, move(opened, version))


def test_a_file_for_a_device_is_not_deployed(world: World, endpoint: Endpoint):
    version, sam = approved(world, "support/bot"), world.actor("sam")
    with world.database.write() as opened:
        found = move(opened, version)
        found.facts = {**found.facts, "format": "gguf"}
        with pytest.raises(EdgeOnly, match="take this one to the device"):
            service.deploy(opened, sam, endpoint, found)
        found.facts = {key: value for key, value in found.facts.items() if key != "format"}
        assert service.deploy(opened, sam, endpoint, found).number == 1


def test_a_lead_and_staff_of_another_department_cannot_deploy(world: World, endpoint: Endpoint):
    version = approved(world, "support/bot")
    with world.database.write() as opened:
        found = move(opened, version)
        for username in ("lin", "rui", "noor"):
            with pytest.raises(NotPermitted):
                service.deploy(opened, world.actor(username), endpoint, found)
        assert service.deploy(opened, world.actor("sam"), endpoint, found).number == 1


def test_deploying_what_is_there_changes_nothing(world: World, endpoint: Endpoint):
    version, sam = approved(world, "support/bot"), world.actor("sam")
    with world.database.write() as opened:
        first = service.deploy(opened, sam, endpoint, move(opened, version))
        assert service.deploy(opened, sam, endpoint, move(opened, version)) is first


def test_a_rollback_brings_back_what_was_there_step_by_step(world: World, endpoint: Endpoint):
    sam = world.actor("sam")
    versions = [approved(world, "support/bot") for _ in range(3)]
    with world.database.write() as opened:
        for version in versions:
            service.deploy(opened, sam, endpoint, move(opened, version))
        seen = [current(opened)]
        for _ in range(2):
            service.rollback(opened, sam, endpoint, reason="it is rude")
            seen.append(current(opened))
        with pytest.raises(NothingToRollBack):
            service.rollback(opened, sam, endpoint, reason="further")
    assert seen == ["support/bot@3", "support/bot@2", "support/bot@1"]


def test_a_rollback_to_a_version_that_lost_its_approval_is_refused(world: World, endpoint: Endpoint):
    sam = world.actor("sam")
    first, second = approved(world, "support/bot"), approved(world, "support/bot")
    with world.database.write() as opened:
        for version in (first, second):
            service.deploy(opened, sam, endpoint, move(opened, version))
        move(opened, first, VersionState.SUSPENDED)
        with pytest.raises(VersionNotApproved):
            service.rollback(opened, sam, endpoint, reason="it is rude")
        assert current(opened) == second.ref
        back = move(opened, first, VersionState.CANDIDATE, VersionState.APPROVED)
        with pytest.raises(NotCleared):
            service.rollback(opened, sam, endpoint, reason="it is rude")
        catalog.clear(opened, back, endpoint=NAME, approval_id=uuid4())
        assert service.rollback(opened, sam, endpoint, reason="it is rude").version.ref == first.ref


def test_a_stopped_endpoint_can_be_deployed_on_again(world: World, endpoint: Endpoint):
    version, sam = approved(world, "support/bot"), world.actor("sam")
    with world.database.write() as opened:
        service.deploy(opened, sam, endpoint, move(opened, version))
        service.stop(opened, sam, endpoint, reason="no money")
        assert queries.endpoint_detail(opened, SYSTEM, queries.get_endpoint(opened, NAME)).state == "stopped"
        assert service.deploy(opened, sam, endpoint, move(opened, version)).number == 2
        assert queries.endpoint_detail(opened, SYSTEM, queries.get_endpoint(opened, NAME)).state == "starting"


def test_the_audit_log_names_who_put_which_files_where_and_why(world: World, endpoint: Endpoint):
    sam = world.actor("sam")
    first, second = approved(world, "support/bot"), approved(world, "support/bot")
    with world.database.write() as opened:
        for version in (first, second):
            service.deploy(opened, sam, endpoint, move(opened, version))
        service.rollback(opened, sam, endpoint, reason="it is rude")
        service.stop(opened, sam, endpoint, reason="no money")
        query = select(AuditEntry).where(AuditEntry.event.startswith("deploy.")).order_by(AuditEntry.seq)
        entries = list(opened.scalars(query))
    assert [entry.event.removeprefix("deploy.") for entry in entries] == [
        "endpoint.created", "version.promoted", "version.promoted", "version.rolled_back", "endpoint.stopped",
    ]  # fmt: skip
    back = entries[3]
    assert (back.actor_name, back.subject, back.reason) == ("sam", NAME, "it is rude")
    assert (back.details["digest"], back.details["was"]) == (first.artifact, second.ref)
