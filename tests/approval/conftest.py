"""A desk at which versions are asked for and signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from aird.approval import queries, service
from aird.approval.models import Approval
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Version
from aird.evaluation.models import Gate
from aird.testing import World

REASON = "as agreed"


@dataclass
class Desk:
    """Short ways to ask and to decide; every call is a transaction of its own."""

    world: World

    def candidate(self, name: str = "support/desk", *, score: float = 0.9, by: str = "sam") -> Version:
        """A measured version."""
        version = self.world.version(name, by=by)
        self.world.score(version, "support/exam", score)
        return version

    def gate(self, at_least: float, *, department: str = "support", **rule: Any) -> None:
        """Guard the department by one rule."""
        department_id = self.world.department_id(department)
        stored = {"suite": "support/exam", "at_least": at_least, "measure": "score", "reference": None, **rule}
        with self.world.database.write() as session:
            session.add(Gate(name="basics", department_id=department_id, rules=[stored]))

    def ask(
        self, version: Version, endpoint: str | None = "support/desk", *, by: str = "lin", alias: str | None = None
    ) -> Approval:
        """Ask for the version on the endpoint or under the alias."""
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            found = catalog_queries.version_by_id(session, version.id)
            return service.ask(
                session, self.world.store, actor, found, endpoint, "Better answers", "Fewer mistakes", alias=alias
            )

    def approve(
        self,
        approval: Approval,
        *,
        by: str = "rita",
        digest: str | None = None,
        accept: Sequence[str] = (),
        sealed: str | None = None,
    ) -> Approval:
        """Sign as somebody else."""
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            found = queries.get_approval(session, approval.id)
            digest = digest or found.digest
            return service.approve(
                session,
                self.world.store,
                actor,
                found,
                digest=digest,
                reason=REASON,
                accept_differences=accept,
                sealed=sealed,
            )

    def reject(self, approval: Approval, *, by: str = "rita") -> Approval:
        """Say no as somebody else."""
        with self.world.database.write() as session:
            found = queries.get_approval(session, approval.id)
            return service.reject(session, self.world.store, self.world.actor(by), found, reason=REASON)

    def request_changes(self, approval: Approval, *, by: str = "rita") -> Approval:
        """Want something else first."""
        with self.world.database.write() as session:
            found = queries.get_approval(session, approval.id)
            return service.request_changes(session, self.world.store, self.world.actor(by), found, reason=REASON)

    def renew(self, approval: Approval, *, by: str = "lin", version: Version | None = None) -> Approval:
        """Ask again, in the same conversation."""
        with self.world.database.write() as session:
            found = queries.get_approval(session, approval.id)
            other = catalog_queries.version_by_id(session, version.id) if version else None
            return service.renew(session, self.world.store, self.world.actor(by), found, text=REASON, version=other)

    def comment(self, approval: Approval, text: str, *, by: str) -> None:
        """Say something."""
        with self.world.database.write() as session:
            service.comment(session, self.world.actor(by), queries.get_approval(session, approval.id), text=text)

    def move(self, version: Version, *ways: str) -> None:
        """Suspend, reinstate or retire the version."""
        with self.world.database.write() as session:
            found = catalog_queries.version_by_id(session, version.id)
            for way in ways:
                getattr(catalog, way)(session, SYSTEM, found, reason=REASON)

    def states(self, approvals: Sequence[Approval]) -> list[str]:
        """What they are worth now."""
        with self.world.database.read() as session:
            found = [queries.get_approval(session, each.id) for each in approvals]
            return [queries.look(session, self.world.store, each).state.value for each in found]


@pytest.fixture
def desk(world: World) -> Desk:
    """A world in which rita is staff everywhere beside sam."""
    with world.database.write() as session:
        rita = auth.add_person(session, SYSTEM, "rita", "Rita")
        auth.give_role(session, SYSTEM, rita, Role.STAFF, None)
    return Desk(world)
