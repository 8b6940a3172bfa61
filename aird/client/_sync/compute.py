# Written by scripts/make-client.py from aird/client/_async/compute.py; change that one.
"""Compute: machines and their chips, who holds what, who waits and why, and how much a department may take."""

from aird.client._sync.transport import Transport
from aird.client.schema_gen import ComputeBoard, QuotaRead


class Compute:
    """The compute board and the quotas of departments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def board(self) -> ComputeBoard:
        """Machines, chips, jobs that hold them, jobs that wait with their reasons, quotas."""
        return ComputeBoard(self._transport.get("/compute"))

    def set_quota(
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
        return QuotaRead(self._transport.call("PUT", f"/quotas/{department}/{flavour}", json=body))

    def remove_quota(self, department: str, flavour: str) -> None:
        """Let a department have what is free again."""
        self._transport.call("DELETE", f"/quotas/{department}/{flavour}")
