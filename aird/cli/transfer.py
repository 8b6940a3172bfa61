"""`aird models add`, `pull`, `export` and `verify`: models from and to folders of this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import Failure
from aird.cli.importing import Entry, Import
from aird.cli.output import json_option, note, print_json, print_table, size
from aird.cli.progress import files_meter

if TYPE_CHECKING:
    from aird.client import Client, Version

replace_option = click.option("--replace", is_flag=True, help="Put it in the place of what is in the folder.")


@click.command("add")
@click.argument("given", nargs=-1, required=True, metavar="[NAME] SOURCE")
@click.option("--department", help="Where the models are filed that have no NAME; they are called as their folders.")
@click.option("--base", metavar="REF", help="The version that an adapter belongs on.")
@click.option("--license", help="The licence of these weights, as an SPDX name.")
@click.option("--notes", help="What a reader should know.")
@click.option("--title", help="The model's title, when the model is new.")
@click.option("--dry-run", is_flag=True, help="Say what would be added under which name, and stop.")
@json_option
@server_options
def add(
    given: tuple[str, ...], department: str | None, base: str | None, license: str | None, notes: str | None,
    title: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Add a version from a folder, or many models from a folder of folders.

    SOURCE is a model's folder, a folder of many (department/model inside it, or --department), or a hub id such as
    org/name that is in the Hugging Face cache of this machine; nothing is downloaded. NAME is department/model, which
    is created when it is missing. Run again after an interruption, it goes on: what is there is not sent again.
    """
    if len(given) > 2:
        raise click.UsageError("Give NAME and SOURCE, or SOURCE alone.")
    name, source = (None, *given) if len(given) == 1 else given
    entries = _entries(name, source, department)
    if dry_run:
        return _show_plan(entries, as_json=as_json)
    one = name is not None or len(entries) == 1
    with connect() as aird:
        importing = Import(aird, entries, base=base, license=license, notes=notes, title=title, strict=one)
        results = importing.run()
    if one:
        return _show_one(results[0], as_json=as_json)
    _show_many(results, as_json=as_json)


def _entries(name: str | None, source: str, department: str | None) -> list[Entry]:
    from aird.client import folders
    from aird.client.refs import split_name

    folder = Path(source)
    if name is not None:
        split_name(name)
    if not folder.exists():
        if folder.is_absolute() or not folders.HUB_ID.fullmatch(source):
            raise click.UsageError(f"{source} is neither a folder nor a hub id such as org/name.")
        found = [folders.in_hub_cache(source)]
    elif not folder.is_dir():
        raise click.UsageError(f"{source} is a file. Name the folder that holds the model's files.")
    elif name is not None or folders.is_model(folder):
        found = [folders.model_folder(folder, folder.resolve().name)]
    else:
        found = folders.discover(folder)
    entries = [Entry.of(each, name or folders.name_for(each, department)) for each in found]
    double = {each.name for each in entries if sum(other.name == each.name for other in entries) > 1}
    if double:
        same = ", ".join(str(each.folder.path) for each in entries if each.name in double)
        raise click.UsageError(f"Several folders would be called {', '.join(sorted(double))}: {same}. Rename some.")
    return entries


def _show_plan(entries: list[Entry], *, as_json: bool) -> None:
    lines = [
        {
            "name": each.name, "folder": str(each.folder.path), "adapter": each.folder.adapter,
            "stands_on": each.folder.stands_on, "files": len(each.uploads), "bytes": each.size,
        }
        for each in entries
    ]  # fmt: skip
    if as_json:
        return print_json(lines)
    rows = [
        (line["name"], "adapter" if line["adapter"] else "model", line["stands_on"], line["files"],
         size(entry.size), line["folder"])
        for line, entry in zip(lines, entries, strict=True)
    ]  # fmt: skip
    print_table(("name", "what", "stands on", "files", "size", "folder"), rows, empty="Nothing.")


def _show_one(result: dict[str, Any], *, as_json: bool) -> None:
    version = result["version"]
    if as_json:
        return print_json(version)
    if result["state"] == "there":
        note(f"{version['ref']} has these very files already; nothing was sent.")
    else:
        note(f"Added {version['ref']}, {version['kind']}, {size(version.get('bytes'))}.")
    click.echo(version["ref"])


def _show_many(results: list[dict[str, Any]], *, as_json: bool) -> None:
    failed = [each for each in results if each["state"] == "failed"]
    shown = [{key: value for key, value in each.items() if key != "version"} for each in results]
    if as_json:
        print_json(shown)
    else:
        rows = [(each["name"], each["state"], each["ref"], each["error"]) for each in shown]
        print_table(("model", "state", "version", "error"), rows, empty="Nothing was added.")
    if failed:
        raise Failure(
            f"{len(failed)} of {len(results)} models were not added.",
            "\n".join(f"{each['name']}: {each['error']}" for each in failed),
            then="Put right what is said above and run the same command again; what is there is not sent again.",
        )


@click.command("pull")
@click.argument("ref")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@replace_option
@json_option
@server_options
def pull(ref: str, folder: Path, replace: bool, as_json: bool) -> None:
    """Fetch the files of REF (department/model@3 or @production) into FOLDER.

    The folder appears when every file is there and has its digest; run again after an interruption, it goes on.
    """
    with connect() as aird:
        version = _version(aird, ref)
        with files_meter("pulling", _sizes(version)) as progress:
            version.pull(folder, on_progress=progress, replace=replace)
    if as_json:
        return print_json({"ref": version["ref"], "digest": version["digest"], "folder": str(folder)})
    note(f"Pulled {version['ref']}, {size(version.get('bytes'))}.")
    click.echo(str(folder))


@click.command("export")
@click.argument("ref")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@replace_option
@json_option
@server_options
def export(ref: str, folder: Path, replace: bool, as_json: bool) -> None:
    """Write REF into FOLDER with its card, manifest.json, version.json and SHA256SUMS.

    The sha256 of manifest.json is the version's digest: sign that file, and every byte of the version is signed.
    """
    with connect() as aird:
        version = _version(aird, ref)
        with files_meter("exporting", _sizes(version)) as progress:
            done = version.export(folder, on_progress=progress, replace=replace)
    if as_json:
        return print_json({"ref": version["ref"], "digest": done.digest, "folder": str(folder)})
    note(f"Exported {version['ref']}. To sign it, sign {folder / 'manifest.json'}; its sha256 is the digest.")
    click.echo(done.digest)


@click.command("verify")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def verify(folder: Path, as_json: bool) -> None:
    """Check an exported FOLDER, without a server: every file against the manifest and the digest."""
    from aird.client import export as exported

    digest = exported.verify(folder)
    if as_json:
        return print_json({"folder": str(folder), "digest": digest, "sound": True})
    note(f"{folder} is whole.")
    click.echo(digest)


def _version(aird: "Client", ref: str) -> "Version":
    return aird.versions.get(ref)


def _sizes(version: dict[str, Any]) -> dict[str, int]:
    return {each["path"]: each["size"] for each in version["files"]}
