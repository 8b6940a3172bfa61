"""A disk that is full: a clear 507 or a job that waits, nothing half-written, and all is well once there is room."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from aird.core.clock import now
from aird.core.settings import Settings
from aird.jobs import inline, registry
from aird.jobs.models import Job
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.server.house import House, contents

LINE = b'{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "%06d"}]}\n'
MERGE = """
merge_method: linear
models:
  - {model: support/mail@1, parameters: {weight: 0.5}}
  - {model: support/calls@1, parameters: {weight: 0.5}}
"""


@dataclass
class Disk:
    """A small disk of its own."""

    folder: Path

    def fill(self, *, leave: int = 0) -> None:
        """Take all room but `leave` bytes."""
        free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
        (self.folder / "filler").write_bytes(bytes(max(0, free - leave)))

    def make_room(self) -> None:
        """Give it back."""
        (self.folder / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Four megabytes of tmpfs, which only root may mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk of 4 MB can be mounted by root only")
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def store_disk(disk: Disk, settings: Settings) -> Disk:
    """The store has the small disk to itself."""
    settings.store_url = str(disk.folder / "store")
    return disk


@pytest.fixture
def scratch_disk(disk: Disk, settings: Settings) -> Disk:
    """Uploads and the scratch folders of jobs lie on the small disk."""
    settings.home.mkdir(parents=True)
    for name in ("uploads", "scratch"):
        (disk.folder / name).mkdir()
        (settings.home / name).symlink_to(disk.folder / name)
    return disk


@pytest.fixture
def whole_disk(disk: Disk, settings: Settings) -> Disk:
    """Everything lies on the small disk, an SQLite database too."""
    settings.data_dir = disk.folder / "aird"
    return disk


def train(count: int) -> dict[str, bytes]:
    return {"train.jsonl": b"".join(LINE % number for number in range(count))}


def upload_dataset(house: House, files: dict[str, bytes]) -> tuple[int, str]:
    answer = house.upload("/datasets/support/mails", files)
    return answer.status_code, answer.json().get("code", "")


def open_dataset(world: World) -> House:
    house = House(world)
    assert house.post("/datasets", {"name": "support/mails", "title": "Mails", "kind": "training"}) == 201
    return house


def test_a_dataset_upload_meets_a_full_store(store_disk: Disk, world: World) -> None:
    house = open_dataset(world)
    store_disk.fill(leave=64_000)
    before = house.state()
    assert upload_dataset(house, train(2000)) == (507, "store_full")
    assert house.state() == before
    store_disk.make_room()
    assert upload_dataset(house, train(2000)) == (201, "")
    assert house.leftovers() == []


def test_a_dataset_upload_meets_a_full_disk_for_uploads(scratch_disk: Disk, world: World) -> None:
    house = open_dataset(world)
    scratch_disk.fill(leave=300_000)
    before = house.state()
    assert upload_dataset(house, train(3000)) == (507, "store_full")  # while its lines are checked
    assert upload_dataset(house, train(10_000)) == (507, "store_full")  # while it is received
    assert house.state() == before
    scratch_disk.make_room()
    assert upload_dataset(house, train(3000)) == (201, "")


@pytest.mark.parametrize("leave", [0, 40_000, 80_000])
def test_a_version_upload_meets_a_full_store_and_keeps_none_of_its_files(
    store_disk: Disk, world: World, tmp_path: Path, leave: int
) -> None:
    house, files = House(world), contents(make_base(tmp_path / "base"))
    assert sum(map(len, files.values())) > 100_000
    assert house.post("/models", {"name": "platform/base", "title": "Base"}) == 201
    store_disk.fill(leave=leave)
    before = house.state()
    answer = house.upload("/models/platform/base", files)
    assert (answer.status_code, answer.json()["code"]) == (507, "store_full"), answer.text
    assert "Free some room" in answer.json()["detail"]
    assert house.state() == before
    store_disk.make_room()
    assert house.upload("/models/platform/base", files).status_code == 201


def test_a_full_disk_under_the_database_refuses_writes_and_still_answers(whole_disk: Disk, world: World) -> None:
    if not world.settings.embedded:
        pytest.skip("PostgreSQL lies on a disk of its own")
    house = House(world)
    whole_disk.fill()
    before = house.state()
    for number in range(200):
        answer = house.client.post("/api/v1/models", json={"name": f"support/m{number}", "title": "t" * 100})
        if answer.status_code != 201:
            break
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full"), answer.text
    assert house.client.get("/api/v1/models").status_code == 200
    assert house.rows()["models"] == before[0]["models"] + number
    whole_disk.make_room()
    assert house.post("/models", {"name": "support/later", "title": "Later"}) == 201


def order_merge(world: World, folder: Path) -> House:
    """A merge of two real adapters waits for a worker."""
    registry.load(["aird.merge.tasks"])
    house = House(world)
    house.hire("platform/base", make_base(folder / "base"))
    for seed, name in enumerate(("mail", "calls")):
        house.hire(f"support/{name}", make_adapter(folder / name, seed=seed, rank=64), "platform/base@1")
    house.made("/merges", {"yaml": MERGE, "model": "support/both"})
    return house


def attempt(house: House) -> Job:
    """The merge after one attempt, with nothing to wait for; what compares the new adapters waits for another day."""
    with house.world.database.write() as session:
        session.execute(update(Job).values(not_before=now() + timedelta(days=1)))
        session.execute(update(Job).where(Job.kind == "merge.run").values(not_before=None))
    job = inline.run_next(house.world.database, house.world.store, house.world.settings)
    assert job is not None
    return job


def check_waits_then_succeeds(house: House, disk: Disk) -> None:
    disk.fill(leave=100_000)
    blobs, versions = house.blobs(), house.rows()["versions"]
    job = attempt(house)
    assert (job.state, job.attempt) == ("queued", 1), job.error_message
    assert job.reason.startswith("Held: ")
    assert "Free some room" in job.reason
    assert job.not_before is not None
    assert (house.blobs(), house.rows()["versions"]) == (blobs, versions)
    assert [Path(left).name for left in house.leftovers()] in ([], [f"{job.id}-kept"]), "what it goes on from alone"
    disk.make_room()
    assert (attempt(house).state, house.rows()["versions"]) == ("succeeded", versions + 1)
    assert house.leftovers() == []


@pytest.mark.slow
def test_a_job_whose_output_meets_a_full_store_waits(store_disk: Disk, world: World, tmp_path: Path) -> None:
    check_waits_then_succeeds(order_merge(world, tmp_path / "models"), store_disk)


@pytest.mark.slow
def test_a_job_whose_scratch_folder_is_full_waits(scratch_disk: Disk, world: World, tmp_path: Path) -> None:
    check_waits_then_succeeds(order_merge(world, tmp_path / "models"), scratch_disk)


@pytest.mark.slow
def test_a_job_that_never_finds_room_fails_with_the_reason(store_disk: Disk, world: World, tmp_path: Path) -> None:
    house = order_merge(world, tmp_path / "models")
    store_disk.fill(leave=100_000)
    jobs = [attempt(house) for _ in range(world.settings.job_attempts)]
    assert [each.state for each in jobs] == ["queued"] * (len(jobs) - 1) + ["failed"]
    assert jobs[-1].error_code == "store_full"
    assert "Free some room" in (jobs[-1].error_message or "")
