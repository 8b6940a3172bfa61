"""Compute: machines and their chips, who holds what, who waits and why, and how much a department may take."""

from aird.client._async.transport import AsyncTransport
from aird.client.schema_gen import ComputeBoard, QuotaRead


class AsyncCompute:
    """The compute board and the quotas of departments."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def board(self) -> ComputeBoard:
        """Machines, chips, jobs that hold them, jobs that wait with their reasons, quotas."""
        return ComputeBoard(await self._transport.get("/compute"))

    async def set_quota(
        self,
        department: str,
        flavour: str,
        *,
        guarantee: int = 0,
        deserved: int = 0,
        limit: int | None = None,
        weight: float = 1.0,
    ) -> QuotaRead:
        """Say how many chips of a flavour ("cpu": jobs at a time) a department may count on, and take at most."""
        body = {"guarantee": guarantee, "deserved": deserved, "limit": limit, "weight": weight}
        return QuotaRead(await self._transport.call("PUT", f"/quotas/{department}/{flavour}", json=body))

    async def remove_quota(self, department: str, flavour: str) -> None:
        """Let a department have what is free again."""
        await self._transport.call("DELETE", f"/quotas/{department}/{flavour}")
