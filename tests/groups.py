"""Which test modules go to one worker: those that share something costly, by their mark `xdist_group("name")`.

xdist reads such a mark from the ids of the tests, into which pytest 9.2 no longer lets it write; without this every
worker would make the costly thing again.
"""

import re
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

MARK = re.compile(r'xdist_group\("([\w-]+)"\)')


def groups(root: Path) -> dict[str, str]:
    """The group of each module that names one, by its path below `root`."""
    found = {
        path.relative_to(root).as_posix(): MARK.search(path.read_text()) for path in root.glob("tests/**/test_*.py")
    }
    return {path: match[1] for path, match in found.items() if match}


class GroupScheduling(LoadScopeScheduling):
    """The modules of a group together on one worker, every other test for itself; the largest groups begin."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._groups = groups(config.rootpath)

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid.partition("::")[0], nodeid)
