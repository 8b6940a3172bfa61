"""What departments ask for: drafts, trials on their examples, offers, what becomes of them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aird.client._async.transport import AsyncTransport
from aird.client.schema_gen import MatchesRead, OfferRead, Ordered, RequestRead, RequestVotes


class AsyncRequests:
    """What departments ask for, in words."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, state: str | None = None, limit: int | None = None
    ) -> AsyncIterator[RequestRead]:
        """Requests, the newest first."""
        return self._transport.pages(RequestRead, "/requests", {"department": department, "state": state}, limit=limit)

    async def get(self, number: int) -> RequestRead:
        """The request with this number."""
        return RequestRead(await self._transport.get(f"/requests/{number}"))

    async def create(
        self,
        *,
        department: str,
        title: str,
        need: str,
        examples: Sequence[Mapping[str, Any]] | None = None,
        users: int | None = None,
        deadline: str | None = None,
        **more: Any,
    ) -> RequestRead:
        """File a request; examples are {question, answer}, the deadline is an ISO date.

        `more` may say volume_per_day, languages, data_class, floor, budget_once_micro, budget_month_micro, present,
        today_micro; and draft, for one that is not sent yet.
        """
        known = {"examples": examples and [dict(each) for each in examples], "users": users, "deadline": deadline}
        body = {"department": department, "title": title, "need": need}
        given = {name: value for name, value in {**known, **more}.items() if value is not None}
        return RequestRead(await self._transport.post("/requests", body | given))

    async def change(self, number: int, **changed: Any) -> RequestRead:
        """Write a draft on."""
        return RequestRead(await self._transport.call("PATCH", f"/requests/{number}", json=changed))

    async def match(self, number: int) -> MatchesRead:
        """Have existing versions answer the examples; a job does it."""
        return MatchesRead(await self._transport.post(f"/requests/{number}/matches", {}))

    async def matches(self, number: int) -> MatchesRead:
        """What versions answered to the examples, the best first."""
        return MatchesRead(await self._transport.get(f"/requests/{number}/matches"))

    async def offer(self, number: int) -> OfferRead:
        """Reuse, merge, distil or train, with the sums; as it stood when an option was chosen."""
        return OfferRead(await self._transport.get(f"/requests/{number}/offer"))

    async def choose(self, number: int, option: str) -> RequestRead:
        """Take an option of the offer, by its key."""
        return RequestRead(await self._transport.post(f"/requests/{number}/choose", {"option": option}))

    async def reopen(self, number: int) -> RequestRead:
        """Take the choice back."""
        return RequestRead(await self._transport.post(f"/requests/{number}/reopen", {}))

    async def send(self, number: int) -> RequestRead:
        """Send a draft."""
        return RequestRead(await self._transport.post(f"/requests/{number}/send", {}))

    async def order(self, number: int, *, endpoint: str | None = None) -> Ordered:
        """Have the chosen option made; a version that is there is put before a signature for `endpoint`."""
        return Ordered(await self._transport.post(f"/requests/{number}/order", {"endpoint": endpoint}))

    async def say(self, number: int, text: str) -> RequestRead:
        """Say something in the request's conversation."""
        return RequestRead(await self._transport.post(f"/requests/{number}/messages", {"text": text}))

    async def votes(self, number: int) -> RequestVotes:
        """What people preferred when they tried what the request was given."""
        return RequestVotes(await self._transport.get(f"/requests/{number}/votes"))

    async def accept(self, number: int, *, note: str = "") -> RequestRead:
        """What was delivered is what was asked for; where the votes say otherwise, `note` has to say why."""
        return RequestRead(await self._transport.post(f"/requests/{number}/accept", {"note": note}))

    async def give_back(self, number: int, *, reason: str) -> RequestRead:
        """What was delivered is not what was asked for."""
        return RequestRead(await self._transport.post(f"/requests/{number}/give-back", {"reason": reason}))

    async def withdraw(self, number: int, *, reason: str) -> RequestRead:
        """Take a request back."""
        return RequestRead(await self._transport.post(f"/requests/{number}/withdraw", {"reason": reason}))
