"""Read who can be asked, what answers took, and how votes stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access
from aird.catalog import queries as catalog
from aird.deploy import queries as deploy
from aird.deploy.delivery import pairs
from aird.deploy.delivery.pairs import Preference, Votes
from aird.deploy.playground.errors import AnswerNotFound
from aird.deploy.playground.models import AnswerVote, Preferred
from aird.deploy.playground.schemas import AnswerRead, Choice, RequestVotes, StandingRead
from aird.deploy.routing import Arm, Route, shown
from aird.metering import prices
from aird.metering import queries as metering
from aird.metering.models import UsageEntry
from aird.requests.models import Request

NAMED = 19
"""A version that somebody may not see is called by so many characters of its bytes' name."""


def choices(session: Session, actor: Actor) -> list[Choice]:
    """Everybody who answers now and may be asked by the actor, by name."""
    usable = [
        each
        for each in deploy.endpoints(session)
        if allowed(actor, Permission.USE_ENDPOINTS, each.department_id)
    ]  # fmt: skip
    titles = {each.name: each.title for each in usable}
    routes = sorted(deploy.routes(session, usable), key=lambda each: each.name) if usable else []
    names = _Names(session, actor)
    return [
        Choice(
            model=model, endpoint=route.name, title=titles[route.name], department=route.department, role=role,
            version=names.of(arm.version, arm.unit), digest=arm.unit,
        )
        for route in routes
        for role, model, arm in _askable(route)
    ]  # fmt: skip


def _askable(route: Route) -> list[tuple[str, str, Arm]]:
    """(role, model, arm) of what a route can be asked as."""
    if not route.arms:
        return []
    alone = [("baseline", route.arms[0]), *(("candidate", each) for each in route.arms[1:])]
    pinned = [(role, shown(route, arm), arm) for role, arm in alone] if len(route.arms) > 1 else []
    return [("endpoint", route.name, route.arms[0]), *pinned]


def get_answer(session: Session, actor: Actor, answer: str) -> UsageEntry:
    """The ledger's entry of an answer that the actor got, or whose usage they may see. Raises AnswerNotFound."""
    entry = metering.find_entry(session, answer)
    own = entry is not None and entry.person_id is not None and entry.person_id == actor.id
    if entry is None or not (own or allowed(actor, Permission.READ_USAGE, entry.department_id)):
        raise AnswerNotFound("There is no answer with this id. Give the `id` of a completion.", answer=answer)
    return entry


def answer_reads(session: Session, actor: Actor, entries: Sequence[UsageEntry]) -> list[AnswerRead]:
    """What answers took, at the prices of their moments."""
    book, names = metering.price_book(session), _Names(session, actor)
    return [
        AnswerRead(
            id=entry.request_id, at=entry.at, endpoint=entry.endpoint, version=names.of(entry.version, entry.unit),
            digest=entry.unit, status=entry.status, prompt_tokens=entry.prompt_tokens,
            cached_tokens=entry.cached_tokens, completion_tokens=entry.completion_tokens,
            milliseconds=entry.milliseconds, ttft_milliseconds=entry.ttft_milliseconds,
            cost_micro=prices.cost_micro(
                prices.rates_at(book, entry.at), entry.prompt_tokens, entry.completion_tokens, entry.cached_tokens
            ),
            currency=prices.CURRENCY,
        )
        for entry in entries
    ]  # fmt: skip


def standing(session: Session, actor: Actor, one: UsageEntry, other: UsageEntry) -> StandingRead:
    """How the version of one answer stands against that of another, over everybody's votes."""
    vote = AnswerVote
    query = select(vote).where(
        or_(
            (vote.first_unit == one.unit) & (vote.second_unit == other.unit),
            (vote.first_unit == other.unit) & (vote.second_unit == one.unit),
        )
    )
    tally = _Tally()
    for each in session.scalars(query):
        tally.count(each, first_is_ours=each.first_unit == one.unit)
    names = _Names(session, actor)
    return tally.read(names.of(one.version, one.unit), names.of(other.version, other.unit))


def request_votes(session: Session, actor: Actor, request: Request) -> RequestVotes:
    """What people preferred when they tried what the request was given."""
    found = _cast(session, request)
    names, whole = _Names(session, actor), _Tally()
    against: dict[tuple[str, str], _Tally] = {}
    for each in found:
        ours = each.first_version == request.version
        other = (each.second_version, each.second_unit) if ours else (each.first_version, each.first_unit)
        for tally in (whole, against.setdefault(other, _Tally())):
            tally.count(each, first_is_ours=ours)
    preference = whole.preference
    votes = preference.votes
    version = request.version
    return RequestVotes(
        version=version,
        people=len(whole.people),
        blind=whole.blind,
        won=votes.candidate,
        lost=votes.baseline,
        same=votes.same,
        share=votes.share,
        low=preference.low,
        high=preference.high,
        verdict=_verdict(preference),
        against=[tally.read(version or "", names.of(*other)) for other, tally in sorted(against.items())],
    )


def _cast(session: Session, request: Request) -> Iterable[AnswerVote]:
    """The votes about the version that the request has now; those about one that was given back do not count."""
    vote = AnswerVote
    about = or_(vote.first_version == request.version, vote.second_version == request.version)
    return session.scalars(select(vote).where(vote.request_id == request.id, about).order_by(vote.created_at))


def _verdict(preference: Preference) -> str:
    if not preference.votes.judged:
        return "none"
    if preference.is_worse:
        return "worse"
    return "preferred" if preference.is_better else "open"


@dataclass
class _Tally:
    """Votes as they are counted."""

    won: int = 0
    lost: int = 0
    same: int = 0
    blind: int = 0
    people: set[UUID] = field(default_factory=set)

    def count(self, vote: AnswerVote, *, first_is_ours: bool) -> None:
        """One vote more."""
        ours = Preferred.FIRST if first_is_ours else Preferred.SECOND
        if vote.better is Preferred.SAME:
            self.same += 1
        elif vote.better is ours:
            self.won += 1
        else:
            self.lost += 1
        self.blind += vote.blind
        self.people.add(vote.person_id)

    @property
    def preference(self) -> Preference:
        """What they say."""
        return pairs.read(Votes(candidate=self.won, baseline=self.lost, same=self.same))

    def read(self, version: str, against: str) -> StandingRead:
        """As the API shows it."""
        found = self.preference
        return StandingRead(
            version=version, against=against, won=self.won, lost=self.lost, same=self.same,
            share=found.votes.share, low=found.low, high=found.high,
        )  # fmt: skip


class _Names:
    """What versions are called to this actor; one that they may not see goes by its bytes."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session, self._actor = session, actor
        self._known: dict[str, bool] = {}

    def of(self, version: str, unit: str) -> str:
        """The name to show."""
        name = version.partition("@")[0]
        if name not in self._known:
            model = catalog.find_model(self._session, name)
            self._known[name] = model is not None and access.may_see(self._actor, model)
        return version if self._known[name] else unit[:NAMED]
