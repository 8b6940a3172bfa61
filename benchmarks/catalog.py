"""The catalog against MLflow's model registry: `python -m benchmarks.catalog [--db sqlite|postgres|both] [--quick]`.

Both hold the same models on the same PostgreSQL server and on SQLite, filled by bulk SQL, and are asked the same
through their public Python entry points: ours through the functions behind the routes, MLflow through MlflowClient.
MLflow lives in an environment of its own, made by the first run (`--mlflow FOLDER`, kept for the next one).

MLflow has no lineage: its users keep a version's parent in a tag, and find a family by asking, version by version, for
those whose tag names it. That is what is timed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import URL, create_engine, make_url, text

from benchmarks import catalog_ours as ours
from benchmarks.catalog_data import Spec
from tests.postgres import throw_away_cluster

MLFLOW = ("mlflow==3.17.2", "psycopg2-binary")
SHARED = {
    "search": "search by tag + text",
    "latest": "list latest versions, a page of 50",
    "alias": "alias lookup",
    "family": "lineage of 1,000 versions",
}
Times = dict[str, dict[str, Any]]


def mlflow_python(folder: Path) -> Path:
    """The Python of the environment in `folder`, made when it is not there."""
    python = folder / "bin" / "python"
    if not (folder / "bin" / "mlflow").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *MLFLOW], check=True)
    return python


def mlflow_times(python: Path, url: str, spec: Spec, calls: int, seconds: float) -> Times:
    """What MLflow takes, in a process of its own."""
    numbers = [str(each) for each in (spec.models, spec.versions, calls, seconds)]
    command: list[str | Path] = [python, "-m", "benchmarks.catalog_mlflow", url, *numbers]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    found: Times = json.loads(done.stdout)
    return found


def databases(kind: str, stack: ExitStack) -> tuple[str, str]:
    """(an empty database for us, one for MLflow) on the same server, or as two files."""
    if kind == "sqlite":
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aird-catalog-")))
        return f"sqlite:///{folder / 'ours.db'}", f"sqlite:///{folder / 'mlflow.db'}"
    cluster = stack.enter_context(throw_away_cluster())
    engine = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in ("ours", "theirs"):
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    theirs = cluster.set(drivername="postgresql+psycopg2", database="theirs")
    return shown(cluster.set(database="ours")), shown(theirs)


def shown(url: URL) -> str:
    """An address as the engines take it."""
    return make_url(url).render_as_string(hide_password=False)


def measure(kind: str, spec: Spec, python: Path | None, calls: int, seconds: float) -> dict[str, Times]:
    """Times of both sides on one kind of database at one size."""
    with ExitStack() as stack:
        own, other = databases(kind, stack)
        ours.fill(own, spec)
        found = {"aird": ours.ask(own, spec, calls, seconds)}
        if python is not None:
            found["mlflow"] = mlflow_times(python, other, spec, calls, seconds)
    return found


def table(found: dict[str, dict[int, dict[str, Times]]]) -> str:
    """Markdown: one line per database, query and size."""
    head = "database | query | versions | aird p50 ms | p95 | cpu | MLflow p50 ms | p95 | cpu | calls | p50 ratio"
    rows = [f"| {head} |", "|" + "---|" * 11]
    for kind, sizes in found.items():
        asked = next(iter(sizes.values()))["aird"]
        for query in asked:
            for total, sides in sizes.items():
                own, other = sides["aird"][query], sides.get("mlflow", {}).get(query)
                rows.append(_row([kind, SHARED.get(query, query), f"{total:,}"], own, other))
    return "\n".join(rows)


def _row(begin: list[str], own: dict[str, Any], other: dict[str, Any] | None) -> str:
    cells = [*begin, *_times(own)]
    if other:
        cells += [*_times(other), f"{own['calls']}/{other['calls']}", f"{other['p50'] / own['p50']:.1f}"]
    else:
        cells += ["", "", "", str(own["calls"]), ""]
    return "| " + " | ".join(cells) + " |"


def _times(found: dict[str, Any]) -> list[str]:
    return [f"{found[key]:.2f}" for key in ("p50", "p95", "cpu")]


def main(arguments: list[str] | None = None) -> None:
    """Measure at two sizes, one a twentieth of the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalog", description=__doc__)
    parser.add_argument("--models", type=int, default=10_000, help="models of the large catalog")
    parser.add_argument("--versions", type=int, default=20, help="versions of each model")
    parser.add_argument("--small", type=int, default=500, help="models of the small catalog")
    parser.add_argument("--calls", type=int, default=400, help="calls of each query")
    parser.add_argument("--seconds", type=float, default=60, help="longest time for one query's calls")
    parser.add_argument("--db", choices=["sqlite", "postgres", "both"], default="both")
    default = Path(tempfile.gettempdir()) / "aird-benchmark-mlflow"
    parser.add_argument("--mlflow", type=Path, default=default, help="folder of the environment with MLflow")
    parser.add_argument("--without-mlflow", action="store_true", help="measure our side alone")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of everything, to see that it runs")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.models, chosen.small, chosen.calls, chosen.seconds = 600, 500, 20, 5
    python = None if chosen.without_mlflow else mlflow_python(chosen.mlflow)
    found: dict[str, dict[int, dict[str, Times]]] = {}
    for kind in ("sqlite", "postgres") if chosen.db == "both" else (chosen.db,):
        for models in (chosen.small, chosen.models):
            spec = Spec(models, chosen.versions)
            times = measure(kind, spec, python, chosen.calls, chosen.seconds)
            found.setdefault(kind, {})[spec.total] = times
    console = Console(width=200, highlight=False)
    console.print(json.dumps(found) if chosen.json else table(found), soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
