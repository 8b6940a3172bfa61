"""What a way of running attempts has to offer to the supervisor; executors know no database."""

from collections.abc import Collection, Sequence
from typing import Protocol

from aird.jobs.house import Seat
from aird.jobs.leases import Key
from aird.jobs.machines import Offer
from aird.jobs.messages import Message


class Executor(Protocol):
    """Runs attempts in processes of their own and passes on what they say."""

    @property
    def ready(self) -> bool:
        """Whether `start` would start something right now."""
        ...

    def offers(self) -> Sequence[Offer]:
        """The machines that it can start attempts on right now, and what they have."""
        ...

    def start(self, key: Key, seats: Sequence[Seat] = ()) -> None:
        """Begin this attempt on these places; Exited follows in any case."""
        ...

    def running(self) -> Collection[Key]:
        """The attempts that were started and have not exited."""
        ...

    def poll(self, timeout: float) -> list[tuple[Key, Message]]:
        """What was said within `timeout` seconds; returns early when somebody waits for an answer or is gone."""
        ...

    def flushed(self, key: Key) -> None:
        """Answer a Flush: everything this attempt said is recorded."""
        ...

    def stop(self, key: Key) -> None:
        """Ask the attempt to end (SIGTERM); after a grace period it is killed with all its descendants."""
        ...

    def kill(self, key: Key) -> None:
        """End the attempt and all its descendants now."""
        ...

    def close(self) -> None:
        """End everything."""
        ...
