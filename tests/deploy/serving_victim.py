"""`aird server` over runtime processes with a fake model, to be killed.

It imports what the server imports and nothing that only tests need: how soon it stands again is measured.
"""

import sys
from pathlib import Path

from aird.core.settings import Settings
from aird.core.starting import importing

FAKE_RUNTIME = (sys.executable, str(Path(__file__).with_name("fake_runtime.py")))


def main(home: str, url: str, port: str) -> int:
    """Serve what the database says is wanted until we are killed or told to end."""
    with importing():
        from aird.server.run import serve
    settings = Settings(data_dir=Path(home), database_url=url, min_free_bytes=0, port=int(port), keep_loaded_hours=0.0)
    return serve(settings, engine=FAKE_RUNTIME)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
