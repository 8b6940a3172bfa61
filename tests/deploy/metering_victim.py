"""A gateway's meter under streams, to be killed: prints each token after it was covered, as a client would see it."""

import asyncio
import sys
from uuid import UUID, uuid4

from aird.auth.permissions import SYSTEM
from aird.auth.service import Caller
from aird.core.db import Database
from aird.core.settings import Settings
from aird.deploy.gateway.meter import Bound, Meter, Usage
from aird.deploy.routing import WHOLE, Arm, Route
from aird.metering.models import Status

PROMPT, ANSWER = 7, 400


def a_route(department_id: UUID) -> Route:
    arm = Arm(1, "support/bot@1", "sha256:" + "0" * 64, WHOLE, ("unix:/nowhere",))
    return Route(
        id=uuid4(), name="support/desk", department_id=department_id, department="support", created=0, arms=(arm,)
    )


async def stream(meter: Meter, route: Route) -> None:
    """One answer after the other."""
    while True:
        request_id = f"chatcmpl-{uuid4().hex}"
        admission = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(500, ANSWER), request_id)
        for token in range(1, ANSWER + 1):
            await admission.cover(token, prompt_tokens=PROMPT)
            sys.stdout.write(f"{request_id} {token}\n")
            if token % 10 == 0:
                sys.stdout.flush()
                await asyncio.sleep(0)
        await admission.close(Status.OK, Usage(PROMPT, ANSWER), ms=1)


async def main(home: str, url: str, department_id: str) -> None:
    settings = Settings(data_dir=home)  # type: ignore[arg-type]
    meter, route = Meter(Database.open(url), settings), a_route(UUID(department_id))
    await meter.start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    await asyncio.gather(*(stream(meter, route) for _ in range(50)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
