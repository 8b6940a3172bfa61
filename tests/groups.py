"""Which test modules go to one worker: those that share something costly.

Several modules say so by their mark `xdist_group("name")`; a module with a fixture of `scope="module"` stays together.

xdist reads such a mark from the ids of the tests, into which pytest 9.2 no longer lets it write; without this every
worker would make the costly thing again.
"""

import re
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

MARK = re.compile(r'xdist_group\("([\w-]+)"\)')
SHARED = 'scope="module"'


def groups(root: Path) -> dict[str, str]:
    """The group of each module that has one, by its path below `root`."""
    found = {}
    for path in root.glob("tests/**/test_*.py"):
        name, source = path.relative_to(root).as_posix(), path.read_text()
        mark = MARK.search(source)
        if mark or SHARED in source:
            found[name] = mark[1] if mark else name
    return found


class GroupScheduling(LoadScopeScheduling):
    """The modules of a group together on one worker, every other test for itself; the largest groups begin."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._groups = groups(config.rootpath)

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid.partition("::")[0], nodeid)
