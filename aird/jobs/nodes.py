"""An attempt on several machines: how those that help find the one that leads it.

The first seat of a job is where its task runs; on each of the others the task's `assist` does. The leader says in the
job's row where it is to be met, the others wait for that, as long as the attempt holds the job. What they then say to
each other is theirs: nothing of it goes through the database.
"""

import fcntl
import os
import socket
import struct
import time

from sqlalchemy import select

from aird.jobs.context import JobContext
from aird.jobs.errors import LeaseLost
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job

PAUSE = 0.5  # seconds between two looks
MEETS = "meets"
CLUSTER = "RAY_ADDRESS"  # of the cluster's head, as Ray tells its jobs: whoever reaches it has an address there
_ASK_ADDRESS = 0x8915  # SIOCGIFADDR


def count(job: JobContext) -> int:
    """On how many machines this attempt runs."""
    with job.read() as session:
        return len(session.scalar(select(Job.seats).where(Job.id == job.id)) or ()) or 1


def lead(job: JobContext) -> str:
    """Say to the others that this machine leads the attempt; gives host:port where they will be."""
    with socket.socket() as free:
        host = own_address()
        free.bind((host, 0))
        address = f"{host}:{free.getsockname()[1]}"
    with job.transaction() as session:
        row = session.get_one(Job, job.id)
        first, *others = row.seats or [{}]
        row.seats = [{**first, MEETS: address}, *others]
    return address


def follow(job: JobContext) -> str:
    """Wait for the leader; gives host:port. Raises LeaseLost when the attempt has ended before."""
    mine = select(Job.seats).where(Job.id == job.id, Job.attempt == job.attempt, Job.state == JobState.RUNNING)
    while True:
        with job.read() as session:
            seats = session.scalar(mine)
        if not seats:
            raise LeaseLost(f"Attempt {job.attempt} of job {job.id} has ended before its machines met.")
        if MEETS in seats[0]:
            return str(seats[0][MEETS])
        time.sleep(PAUSE)


def own_address() -> str:
    """This machine's address on the network of its cluster."""
    host, _, port = os.environ.get(CLUSTER, "").rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        if host and port.isdecimal():
            asking.connect((host, int(port)))  # sends nothing: the kernel says from where it would
            return str(asking.getsockname()[0])
    return socket.gethostbyname(socket.gethostname())


def interface(address: str) -> str | None:
    """The name of the interface that has an address, for libraries that would guess one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asking, _ASK_ADDRESS, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue
            if socket.inet_ntoa(answer[20:24]) == address:
                return name
    return None
