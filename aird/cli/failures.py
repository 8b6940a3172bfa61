"""How a command fails: what happened, why, and what to do next on stderr, and an exit code to branch on."""

import os
import sys
from typing import Any

import click

from aird.client.errors import ApiProblem, BadReference, ClientError, WaitTimedOut
from aird.core.errors import AirdError

FAILED, USAGE, NOT_FOUND, AUTH, GATE, CONFLICT, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130

_BY_STATUS = {401: AUTH, 403: AUTH, 404: NOT_FOUND, 409: CONFLICT}
_BY_CODE = {"gate_failed": GATE, "differences_not_accepted": GATE}

_NEXT = {
    401: "Set AIRD_TOKEN to a valid token (aird tokens create), or run the command where the server runs.",
    403: "Ask a person with that role, or an administrator for the role.",
    404: "Look for the right name: aird models ls, aird datasets ls, aird jobs ls, aird deploy ls.",
    429: "Wait a moment and try again.",
    503: "Try again in a moment; 'aird doctor' on the server says what is missing.",
}


class Failure(click.ClickException):
    """The end of a command that did not do what it was asked."""

    def __init__(self, what: str, why: str = "", *, then: str = "", exit_code: int = FAILED) -> None:
        super().__init__(what)
        self.why, self.then = why, then
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: Any = None) -> None:
        """What, why, what next."""
        out = file or sys.stderr
        colour = out.isatty() and not os.environ.get("NO_COLOR")
        head = click.style("Error:", fg="red", bold=True) if colour else "Error:"
        lines = [f"{head} {self.message}", *(f"  {line}" for line in self.why.splitlines())]
        if self.then:
            lines.append(f"  Next: {self.then}")
        click.echo("\n".join(lines), file=out, color=colour)


def failure_of(error: BaseException) -> click.ClickException | None:
    """The failure that `error` stands for; None when it is a bug and should be seen as one."""
    if isinstance(error, KeyboardInterrupt | click.Abort | EOFError):
        return Failure("Interrupted.", exit_code=INTERRUPTED)
    if isinstance(error, ApiProblem):
        return _of_problem(error)
    if isinstance(error, BadReference):
        return click.UsageError(error.message)
    if isinstance(error, WaitTimedOut | ClientError):
        return Failure((type(error).__doc__ or "").strip().rstrip(".") + ".", error.message)
    if isinstance(error, AirdError):
        return Failure(error.title() + ".", error.message, exit_code=exit_code_of(error.status, error.code))
    if isinstance(error, OSError) and error.filename is not None:
        return Failure(f"{error.filename}: {error.strerror}.")
    return _of_database(error)


def _of_database(error: BaseException) -> Failure | None:
    """The failure of a command that opens the database itself; SQLAlchemy is loaded when it is one of its errors."""
    if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
        return Failure("The driver of PostgreSQL is not installed.", then="pip install 'aird[postgres]'")
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    from sqlalchemy.exc import OperationalError, ProgrammingError

    if not isinstance(error, OperationalError | ProgrammingError):
        return None
    said = str(error.orig).strip()
    if "no such table" in said or type(error.orig).__name__ == "UndefinedTable":
        return Failure("The database does not have the tables of this aird.", then="aird db upgrade")
    if isinstance(error, ProgrammingError):
        return None
    return Failure("The database does not answer.", said, then="Check AIRD_DATABASE_URL and that the database is up.")


def exit_code_of(status: int, code: str) -> int:
    """The exit code for a problem of this status and code."""
    return _BY_CODE.get(code) or _BY_STATUS.get(status, FAILED)


def _of_problem(problem: ApiProblem) -> Failure:
    why = [problem.detail] if problem.detail else []
    fields = problem.params.get("fields")
    if isinstance(fields, list) and len(fields) > 1:
        why += [f"{each.get('field')}: {each.get('reason')}" for each in fields if isinstance(each, dict)]
    if problem.status >= 500 and problem.request_id:
        why.append(f"Request {problem.request_id}")
    said = "aird " in problem.detail  # the server names the next command itself
    return Failure(
        problem.title.rstrip(".") + ".", "\n".join(why), then="" if said else _NEXT.get(problem.status, ""),
        exit_code=exit_code_of(problem.status, problem.code),
    )  # fmt: skip
