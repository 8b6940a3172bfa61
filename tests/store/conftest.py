"""S3 servers for the tests of the store: one process for all of them."""

from collections.abc import Iterator

import pytest

from tests.store import s3


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of rclone's S3 server."""
    with s3.rclone(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Ceph's S3 gateway."""
    if not s3.ceph_is_installed():
        pytest.skip("Ceph is not installed: apt-get install radosgw ceph-mon ceph-osd ceph-mgr")
    with s3.ceph(tmp_path_factory.mktemp("ceph")) as address:
        yield address
