"""Builds the web UI into the wheel: `hatchling` calls this before it packs the files.

An editable install builds nothing. Otherwise a missing UI is built when npm is there and AIRD_BUILD_UI is not
0; when it is still missing, the build warns, or fails if AIRD_REQUIRE_UI=1 (a release must not go out without
it).
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class UiBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts aird/_ui in place before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the UI if it is missing and can be built."""
        if version == "editable":
            return
        root = Path(self.root)
        page = root / "aird" / "_ui" / "index.html"
        npm = shutil.which("npm")
        wanted = os.environ.get("AIRD_BUILD_UI", "1") != "0"
        if not page.is_file() and wanted and npm and (root / "web" / "package.json").is_file():
            self.app.display_info("aird: building the web UI")
            for arguments in (["install", "--no-save"], ["run", "build"]):
                subprocess.run([npm, *arguments], cwd=root / "web", check=True)
        if page.is_file():
            return
        message = (
            "aird/_ui/index.html is missing: this package has no web UI. "
            "Install Node 20.19 or newer, run `npm install` and `npm run build` in web/, and build the package."
        )
        if os.environ.get("AIRD_REQUIRE_UI") == "1":
            raise RuntimeError(message)
        self.app.display_warning(message)
