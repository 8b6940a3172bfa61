"""Found the sample organisation on a server that was just started: once, and then never again."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from aird.client import Client
from aird.client.errors import ClientError
from aird.sample.organisation import Organisation, SampleFailed
from aird.sample.service_desk import DeskFailed

MARK = "sample.json"


def founder(home: Path) -> Callable[[str, str, Console], bool]:
    """What `aird up --sample` runs when the server answers: gets its URL, the admin's token and the console."""

    def found(url: str, token: str, console: Console) -> bool:
        mark = home / MARK
        if mark.exists():
            done = json.loads(mark.read_text())
            console.print(
                f"The sample organisation is there since {done['at']} (trained in {done['seconds']:.0f} s). "
                "Its skills: `aird models ls`."
            )
            return True
        started = time.monotonic()
        with Client(url, token) as admin:
            organisation = Organisation(admin, console)
            try:
                organisation.run()
            except (SampleFailed, DeskFailed, ClientError) as error:
                console.print(f"\n[red]The sample organisation stopped:[/] {error}\nStart again to go on from here.")
                return False
        seconds = time.monotonic() - started
        at = time.strftime("%Y-%m-%d %H:%M")
        mark.write_text(json.dumps({"at": at, "seconds": seconds, "steps": organisation.story.seconds}, indent=2))
        console.print(f"\n[bold]The main job is done in {seconds:.0f} s.[/]")
        return True

    return found
