# Written by scripts/make-client.py from aird/client/_async/plans.py; change that one.
"""Career plans: stages with gates, which become jobs, shared with other plans where they are the same."""

import builtins
from collections.abc import Iterator

from aird.client._sync.transport import Transport
from aird.client.refs import path_of
from aird.client.schema_gen import CareerPlanRead, PlanForecast, PlanRow, TemplateRead


class Plans:
    """Career plans (apiVersion aird/v1, kind Plan)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def apply(self, yaml: str) -> CareerPlanRead:
        """Start a plan, or give a running one its new shape: what is unchanged stays as it is."""
        return CareerPlanRead(self._transport.post("/plans", {"yaml": yaml}))

    def estimate(self, yaml: str) -> PlanForecast:
        """What a plan would take, stage by stage; nothing of it is ordered."""
        return PlanForecast(self._transport.post("/plans/estimate", {"yaml": yaml}))

    def list(
        self, *, department: str | None = None, state: str | None = None, limit: int | None = None
    ) -> Iterator[PlanRow]:
        """Plans, the newest first."""
        return self._transport.pages(PlanRow, "/plans", {"department": department, "state": state}, limit=limit)

    def get(self, name: str) -> CareerPlanRead:
        """The plan "department/name" with all its stages."""
        return CareerPlanRead(self._transport.get(f"/plans/{path_of(name)}"))

    def advance(self, name: str) -> CareerPlanRead:
        """Look again at what may start; a stage that failed is tried again."""
        return CareerPlanRead(self._transport.post(f"/plans/{path_of(name)}/advance"))

    def cancel(self, name: str, *, reason: str) -> CareerPlanRead:
        """Stop a plan; jobs that other plans share go on."""
        return CareerPlanRead(self._transport.post(f"/plans/{path_of(name)}/cancel", {"reason": reason}))

    def templates(self) -> builtins.list[TemplateRead]:
        """Plans to start from."""
        return [TemplateRead(each) for each in (self._transport.get("/plans/templates"))["items"]]
