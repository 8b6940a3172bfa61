"""What the main job's benchmark prints in the end, as Markdown; every figure is read from the API. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from aird.sample.figures import kept, score

Json = dict[str, Any]


def skills(matrix: Json, versions: Mapping[str, int]) -> list[str]:
    """The skills matrix: share of right answers with its 95 % interval; `versions` gives refs and parameters."""
    suites = matrix["suites"]
    rows = {row["ref"]: row["cells"] for row in matrix["rows"]}
    counts = {suite: max(cells[suite]["items"] for cells in rows.values() if cells.get(suite)) for suite in suites}
    headings = [f"{suite.partition('/')[0]} (n={counts[suite]})" for suite in suites]
    lines = _head(["version", "parameters", *headings, "mean"])
    for ref, size in versions.items():
        cells = [rows[ref][suite] for suite in suites]
        shown = [f"{cell['score']:.3f} [{cell['low']:.2f}, {cell['high']:.2f}]" for cell in cells]
        mean = sum(cell["score"] for cell in cells) / len(cells)
        lines.append(_row([ref, f"{size:,}", *shown, f"{mean:.3f}"]))
    return lines


def normalised(matrix: Json, specialists: Sequence[str], versions: Mapping[str, str]) -> list[str]:
    """Score relative to each specialist in its own suite: mean and worst, for refs by what they are called."""
    lines = _head(["score / specialist's score", *[each.partition("/")[0] for each in specialists], "mean", "worst"])
    for title, ref in versions.items():
        shares = list(kept(matrix, list(specialists), ref).values())
        figures = [*shares, sum(shares) / len(shares), min(shares)]
        lines.append(_row([title, *[f"{share:.3f}" for share in figures]]))
    return lines


def mentoring(matrix: Json, versions: Mapping[str, str]) -> list[str]:
    """The same suites sat by teacher, student and the student alone."""
    suites = matrix["suites"]
    lines = _head(["mentoring", *[suite.partition("/")[0] for suite in suites], "mean"])
    for title, ref in versions.items():
        scores = [score(matrix, ref, suite) for suite in suites]
        lines.append(_row([title, *[f"{each:.3f}" for each in [*scores, sum(scores) / len(scores)]]]))
    return lines


def times(seconds: Mapping[str, float]) -> list[str]:
    """The wall time of each step and of all."""
    lines = _head(["step", "wall seconds"])
    lines += [_row([title, f"{spent:.1f}"]) for title, spent in seconds.items()]
    return [*lines, _row(["**all**", f"**{sum(seconds.values()):.1f}**"])]


def _head(titles: list[str]) -> list[str]:
    return ["", _row(titles), "|" + "---|" * len(titles)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
