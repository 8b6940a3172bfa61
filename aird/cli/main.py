"""The entry point: the one list of commands, each loaded when it is called or asked for help."""

from importlib import import_module
from typing import Any

import click

import aird
from aird.cli.context import server_options
from aird.cli.failures import failure_of

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("aird.cli.house:up", "Start everything on this machine: database, worker, server."),
    "server": ("aird.cli.house:server", "Serve the API and the web UI; workers run elsewhere."),
    "gateway": ("aird.cli.house:gateway", "Answer /v1 alone, apart from the server."),
    "worker": ("aird.cli.house:worker", "Run jobs from the queue."),
    "doctor": ("aird.cli.house:doctor", "Check this installation and say what to do."),
    "db": ("aird.cli.house:db", "The database: bring its schema up to date."),
    "models": ("aird.cli.models:models", "Models and their versions: list, show, add."),
    "datasets": ("aird.cli.datasets:datasets", "Data to train on and to examine with."),
    "train": ("aird.cli.recipes:train", "Train a version from data."),
    "merge": ("aird.cli.rotation:merge", "Rotation: merge versions, by name or by a mergekit recipe."),
    "search": ("aird.cli.rotation:search", "Look for the best merge of a recipe's parents."),
    "without": ("aird.cli.rotation:without", "Take parents out of a merged version."),
    "distill": ("aird.cli.recipes:distill", "Have teachers train a student."),
    "extract": ("aird.cli.derive:extract", "Make a plain LoRA of a fine-tune or of another adapter."),
    "bake": ("aird.cli.derive:bake", "Put an adapter into its base: a whole model."),
    "quantize": ("aird.cli.derive:quantize", "Make a child of a whole model in fewer bits."),
    "export": ("aird.cli.derive:export", "Write a version as one file for an edge runtime."),
    "reproduce": ("aird.cli.derive:reproduce", "Make a version again and compare its digest."),
    "mentors": ("aird.cli.exams:mentors", "Who should teach which skill to whom."),
    "eval": ("aird.cli.recipes:evaluate", "Measure versions on suites."),
    "exams": ("aird.cli.exams:exams", "Exams: suites, results, comparisons."),
    "plans": ("aird.cli.plans:plans", "Career plans: stages with gates that become jobs."),
    "jobs": ("aird.cli.jobs:jobs", "Work in progress: list, watch, cancel."),
    "compute": ("aird.cli.compute:compute", "Machines and chips: who holds what, who waits and why."),
    "quotas": ("aird.cli.compute:quotas", "How many chips a department may count on."),
    "requests": ("aird.cli.requests_acts:requests", "What departments ask for: tried, offered, accepted."),
    "approvals": ("aird.cli.approvals:approvals", "Signatures under versions: list, approve, reject."),
    "deploy": ("aird.cli.deploy:deploy", "Endpoints: put an approved version to work, or roll back."),
    "runtimes": ("aird.cli.runtimes:runtimes", "What runs where: fits of a version, evidence, trying a runtime."),
    "chat": ("aird.cli.chat:chat", "Talk to an endpoint."),
    "usage": ("aird.cli.usage:usage", "Tokens used and what they cost."),
    "budget": ("aird.cli.usage:budget", "What may be spent in a month: list, set, remove."),
    "bill": ("aird.cli.usage:bill", "A month's bill with its reconciliation, or as a file."),
    "tokens": ("aird.cli.tokens:tokens", "Keys for programs."),
    "sample": ("aird.cli.sample:sample", "The sample organisation: what of it is here, take it away."),
    "store": ("aird.cli.store:store", "The store: usage, garbage collection, scrubbing."),
    "audit": ("aird.cli.audit:audit", "Who did what: verify and export the log."),
    "openapi": ("aird.cli.house:openapi", "Print the API's description."),
}


class Commands(click.Group):
    """Loads a command when it is used; its help line stands in COMMANDS, so that --help loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run; whatever the caller can act on becomes a message on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(aird.__version__, prog_name="aird", message="%(prog)s %(version)s")
@server_options
def main() -> None:
    """aird manages a company's model versions the way an HR department manages people.

    Commands talk to the server at AIRD_URL with AIRD_TOKEN, or else to the server that `aird up` runs on this
    machine. Data goes to stdout, messages go to stderr.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not signed in or not permitted, 5 a gate was
    not passed, 6 conflict, 130 interrupted.
    """


if __name__ == "__main__":
    main()
