import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import Result

import aird as package
from aird.cli.main import COMMANDS, main
from aird.core.starting import importing

HEAVY = ("torch", "transformers", "fastapi", "starlette", "sqlalchemy", "httpx", "pydantic", "rich", "yaml")


def python(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def cpu_seconds_of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_help_is_there_at_once() -> None:
    spent = []
    for _ in range(3):
        before = cpu_seconds_of_children()
        assert "models" in python("-m", "aird.cli.main", "--help")
        spent.append(cpu_seconds_of_children() - before)
    assert min(spent) < 0.4


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom aird.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert python("-c", code).splitlines()[-1] == "HEAVY []"


def test_the_help_of_every_command_loads_nothing_heavy() -> None:
    code = (
        "import sys, click\nfrom aird.cli.main import COMMANDS, main\nctx = click.Context(main)\n"
        "for name in COMMANDS: main.get_command(ctx, name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert python("-c", code).strip() == "[]"


def test_what_starts_the_engines_does_not_wait_for_the_api() -> None:
    code = (
        "import sys, aird.server.run\nprint([name for name in ('aird.server.app', 'fastapi') if name in sys.modules])"
    )
    assert python("-c", code).strip() == "[]"


def test_imports_are_not_searched_for_garbage_and_what_comes_later_is() -> None:
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    gc.unfreeze()


def test_the_client_is_light_and_loaded_when_it_is_used() -> None:
    code = "import sys, aird\nfrom aird.client import NotFound\nprint([name for name in %r if name in sys.modules])"
    assert python("-c", code % (HEAVY,)).strip() == "[]"
    used = "import sys\nfrom aird import AsyncClient, Client\nprint([name for name in %r if name in sys.modules])"
    assert python("-c", used % (sorted({*HEAVY} - {"httpx", "rich", "yaml"}),)).strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert (command.name, command.short_help) == (name, COMMANDS[name][1])


def test_every_command_and_option_has_a_help_line(aird: Callable[..., Result]) -> None:
    def check(command: click.Command, path: list[str]) -> None:
        result = aird(*path, "--help")
        assert result.exit_code == 0
        assert command.help, path
        if isinstance(command, click.Group) and command is not main:
            for name, child in command.commands.items():
                check(child, [*path, name])

    for name in COMMANDS:
        found = main.get_command(click.Context(main), name)
        assert found is not None
        check(found, [name])


def test_the_version_is_printed(aird: Callable[..., Result]) -> None:
    assert aird("--version").stdout == f"aird {package.__version__}\n"


def test_help_has_a_short_form_everywhere(aird: Callable[..., Result]) -> None:
    for path in ([], ["models"], ["models", "ls"], ["train"]):
        assert aird(*path, "-h").stdout == aird(*path, "--help").stdout != ""


def test_an_unknown_command_is_wrong_usage(aird: Callable[..., Result]) -> None:
    result = aird("model")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such command 'model'" in result.stderr
