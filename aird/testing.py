"""What tests of aird and of programs built on it stand on: a small organisation, a real database, a real store."""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Person
from aird.auth.permissions import SYSTEM, Actor, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Version
from aird.catalog.service import NewVersion, Parent
from aird.core.db import Database
from aird.core.settings import Settings
from aird.store.artifacts import Store, open_store

DEPARTMENTS = {"support": "Customer support", "finance": "Finance", "hr": "People", "platform": "Model platform"}
PEOPLE: dict[str, tuple[Role, str | None]] = {
    "lin": (Role.LEAD, "support"),
    "omar": (Role.LEAD, "finance"),
    "mei": (Role.LEAD, "hr"),
    "sam": (Role.STAFF, None),
    "rui": (Role.STAFF, "platform"),
    "noor": (Role.AUDITOR, None),
    "ada": (Role.ADMIN, None),
}
PASSWORD = "correct horse battery"  # noqa: S105


def test_settings(home: Path) -> Settings:
    """Settings of a throw-away instance in `home`: short waits, no reserve of disk."""
    return Settings(
        data_dir=home,
        min_free_bytes=0,
        poll_seconds=0.05,
        lease_seconds=3.0,
        reconcile_seconds=0.2,
        port=0,
        delivery_seconds=0.2,
        keep_loaded_hours=0.0,
    )


test_settings.__test__ = False  # type: ignore[attr-defined]


@dataclass
class World:
    """Four departments and seven people: leads, staff, an auditor and an admin; models on demand."""

    database: Database
    settings: Settings
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(self.settings, self.database)
        with self.database.write() as session:
            if auth_queries.departments(session):
                return  # founded before, on a database that was kept
            departments = {key: auth.add_department(session, SYSTEM, key, title) for key, title in DEPARTMENTS.items()}
            for username, (role, key) in PEOPLE.items():
                person = auth.add_person(session, SYSTEM, username, username.title())
                auth.give_role(session, SYSTEM, person, role, departments[key] if key else None)

    def actor(self, username: str) -> Actor:
        """A person with their roles."""
        with self.database.read() as session:
            return auth_queries.actor_of(session, auth_queries.get_person(session, username))

    def department_id(self, key: str) -> uuid.UUID:
        """The id of a department."""
        with self.database.read() as session:
            return auth_queries.get_department(session, key).id

    def token(self, username: str) -> str:
        """A bearer token of this person."""
        with self.database.write() as session:
            person = session.scalars(select(Person).where(Person.username == username)).one()
            return auth.create_token(session, SYSTEM, person, "test", days=1)[1]

    def set_password(self, username: str, password: str = PASSWORD) -> None:
        """Give the person a password to sign in with; one who has it already keeps it."""
        with self.database.write() as session:
            person = auth_queries.get_person(session, username)
            auth.change_password(session, SYSTEM, person, "" if person.password_hash is None else password, password)

    def version(
        self,
        name: str,
        *,
        kind: Kind = Kind.FULL,
        base: Version | None = None,
        parents: list[Parent] | None = None,
        files: dict[str, bytes] | None = None,
        folder: Path | None = None,
        facts: dict[str, Any] | None = None,
        by: str = "sam",
    ) -> Version:
        """A new version of the model `name`, which is opened when needed; its bytes are random unless given."""
        if folder is not None:
            manifest = self.store.put_folder(folder)
        else:
            manifest = self.store.put_files(files or {"config.json": json.dumps({"id": uuid.uuid4().hex}).encode()})
        actor = self.actor(by)
        with self.database.write() as session:
            model = catalog.model_for_output(session, actor, name, name.partition("/")[2].title())
            new = NewVersion(
                kind=kind, manifest=manifest, parameters=1000, facts=facts or {}, base=base, parents=parents or []
            )
            return catalog.file_version(session, actor, model, new)[0]

    def score(self, version: Version, suite: str, score: float, *, items: int = 100) -> None:
        """Note a score as if the version had sat the suite; its interval is five points to either side."""
        with self.database.write() as session:
            found = catalog_queries.version_by_id(session, version.id)
            catalog.record_skill(
                session,
                SYSTEM,
                found,
                suite,
                metric="accuracy",
                score=score,
                interval=(max(0.0, score - 0.05), min(1.0, score + 0.05)),
                items=items,
                run_id=uuid.uuid4(),
            )

    def reload(self, session: Session, version: Version) -> Version:
        """The version as the database has it now."""
        return catalog_queries.version_by_id(session, version.id)
