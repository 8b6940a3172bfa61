"""Which role may do what. Pure; the one table of rights.

A person holds roles per department or for the whole organisation. What is not listed here is denied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person is in a department."""

    LEAD = "lead"
    STAFF = "staff"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """One kind of act."""

    READ_ORGANISATION = "organisation.read"
    MANAGE_PEOPLE = "people.manage"
    OWN_ACCOUNT = "account.own"
    READ_MODELS = "model.read"
    WRITE_MODELS = "model.write"
    USE_WEIGHTS = "model.use_weights"
    RETIRE_VERSION = "version.retire"
    READ_DATASETS = "dataset.read"
    WRITE_DATASETS = "dataset.write"
    READ_JOBS = "job.read"
    RUN_JOBS = "job.run"
    MANAGE_QUOTAS = "quota.manage"
    READ_EVALUATIONS = "evaluation.read"
    WRITE_EVALUATIONS = "evaluation.write"
    READ_REQUESTS = "request.read"
    WRITE_REQUESTS = "request.write"
    READ_APPROVALS = "approval.read"
    ASK_APPROVAL = "approval.ask"
    DECIDE_APPROVAL = "approval.decide"
    READ_ENDPOINTS = "endpoint.read"
    MANAGE_ENDPOINTS = "endpoint.manage"
    USE_ENDPOINTS = "endpoint.use"
    MANAGE_KEYS = "key.manage"
    GIVE_FEEDBACK = "feedback.give"
    READ_USAGE = "usage.read"
    MANAGE_BUDGETS = "budget.manage"
    READ_AUDIT = "audit.read"
    READ_HEALTH = "health.read"


P = Permission

_EVERYONE = {
    P.OWN_ACCOUNT, P.READ_ORGANISATION, P.READ_MODELS, P.READ_DATASETS, P.READ_JOBS, P.READ_EVALUATIONS,
    P.READ_REQUESTS, P.READ_APPROVALS, P.READ_ENDPOINTS, P.READ_USAGE,
}  # fmt: skip
_USERS = _EVERYONE | {P.WRITE_REQUESTS, P.ASK_APPROVAL, P.DECIDE_APPROVAL, P.USE_ENDPOINTS, P.GIVE_FEEDBACK,
                      P.MANAGE_KEYS}  # fmt: skip

RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.LEAD: frozenset(_USERS | {P.MANAGE_BUDGETS}),
    Role.STAFF: frozenset(
        _USERS
        | {
            P.WRITE_MODELS,
            P.USE_WEIGHTS,
            P.RETIRE_VERSION,
            P.WRITE_DATASETS,
            P.RUN_JOBS,
            P.WRITE_EVALUATIONS,
            P.MANAGE_ENDPOINTS,
            P.READ_HEALTH,
        }
    ),
    # An admin runs the house but signs nothing: approving needs another kind of person.
    Role.ADMIN: frozenset(
        _EVERYONE
        | {
            P.MANAGE_PEOPLE,
            P.MANAGE_QUOTAS,
            P.MANAGE_BUDGETS,
            P.MANAGE_KEYS,
            P.USE_ENDPOINTS,
            P.GIVE_FEEDBACK,
            P.RETIRE_VERSION,
            P.MANAGE_ENDPOINTS,
            P.READ_AUDIT,
            P.READ_HEALTH,
            P.WRITE_EVALUATIONS,
        }
    ),
    Role.AUDITOR: frozenset(_EVERYONE | {P.READ_AUDIT, P.READ_HEALTH}),
}


@dataclass(frozen=True)
class Grant:
    """A role in one department; department None means the whole organisation."""

    role: Role
    department_id: UUID | None


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or the system itself when `id` is None."""

    id: UUID | None
    label: str
    grants: tuple[Grant, ...] = ()

    @property
    def is_system(self) -> bool:
        """True for aird's own upkeep."""
        return self.id is None


SYSTEM = Actor(None, "aird")


def departments_where(grants: Iterable[Grant], permission: Permission) -> tuple[bool, frozenset[UUID]]:
    """(everywhere, departments) in which these grants allow `permission`."""
    fitting = [grant for grant in grants if permission in RIGHTS[grant.role]]
    ids = frozenset(grant.department_id for grant in fitting if grant.department_id)
    return any(grant.department_id is None for grant in fitting), ids


def allowed(actor: Actor, permission: Permission, department_id: UUID | None) -> bool:
    """Whether the actor may do this in the department; None asks for the whole organisation."""
    if actor.is_system:
        return True
    if permission is Permission.DECIDE_APPROVAL and any(grant.role is Role.ADMIN for grant in actor.grants):
        return False  # whatever other role an admin holds beside
    everywhere, ids = departments_where(actor.grants, permission)
    return everywhere or (department_id is not None and department_id in ids)


def allowed_somewhere(actor: Actor, permission: Permission) -> bool:
    """Whether there is any department in which the actor may do this."""
    if actor.is_system:
        return True
    everywhere, ids = departments_where(actor.grants, permission)
    return everywhere or bool(ids)
