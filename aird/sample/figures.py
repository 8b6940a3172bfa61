"""The figures that sum a run up, out of the skills matrix. Pure."""

from typing import Any

Json = dict[str, Any]


def score(matrix: Json, ref: str, suite: str) -> float:
    """What the version scored in the suite. Raises KeyError when it did not sit it."""
    row = next(each for each in matrix["rows"] if each["ref"] == ref)
    cell = row["cells"][suite]
    if cell is None:
        raise KeyError(f"{ref} did not sit {suite}")
    return float(cell["score"])


def kept(matrix: Json, specialists: list[str], ref: str) -> dict[str, float]:
    """Normalised accuracy: what the version scores relative to each specialist in the specialist's own suite."""
    return {
        each: score(matrix, ref, suite_of(each)) / max(score(matrix, each, suite_of(each)), 1e-9)
        for each in specialists
    }


def suite_of(specialist: str) -> str:
    """The exam of the specialist's department."""
    return f"{specialist.partition('/')[0]}/exam"


def rotation_lines(matrix: Json, specialists: list[str], merged: str, finished: str) -> list[str]:
    """How much of each specialist's score is kept after the merge and after the finish."""
    lines = []
    for title, ref in (("after the merge", merged), ("after the finish", finished)):
        shares = kept(matrix, specialists, ref)
        shown = ", ".join(f"{each.partition('/')[0]} {share:.2f}" for each, share in shares.items())
        lines.append(f"score kept relative to each specialist {title}: {shown} (least {min(shares.values()):.2f})")
    return lines


def mentoring_lines(matrix: Json, teacher: str, student: str, alone: str, size: float) -> list[str]:
    """The student with and without its teacher, by department."""
    shown = []
    for suite in matrix["suites"]:
        figures = [score(matrix, ref, suite) for ref in (teacher, student, alone)]
        shown.append(f"{suite.partition('/')[0]} {figures[0]:.2f} / {figures[1]:.2f} / {figures[2]:.2f}")
    return [f"teacher / student / same student without a teacher ({size:.2f} of the size): {', '.join(shown)}"]
