"""For routes that read the ledger: what this server's gateway has settled is in it before they look.

Declare it before the session, so that nothing holds the database while it waits for the gateway's shipper.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request


def wait_settled(request: Request) -> None:
    """Wait, a moment at most, for the answers that have ended to be in the ledger."""
    wait: Callable[[], None] | None = getattr(request.app.state, "wait_settled", None)
    if wait is not None:
        wait()


LedgerSettled = Annotated[None, Depends(wait_settled, scope="function")]
