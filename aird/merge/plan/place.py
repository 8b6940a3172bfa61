"""Where a child is filed: whether the department is there, and whether the model holds versions of its kind. Pure."""

from collections.abc import Iterator

from aird.core.schemas import Finding


def place_findings(child: str | None, department: str | None, latest: str | None, output: str) -> Iterator[Finding]:
    """`child` is the model's name, `department` the key of its department where there is one, `latest` the kind of the
    model's latest version (base, adapter, full), `output` what comes out (adapter, full)."""
    if child is not None and department is None:
        key = child.partition("/")[0]
        message = (
            f"{child} would be filed in the department {key!r}, which does not exist. Name one of the organisation's "
            "departments."
        )
        yield Finding(level="stop", code="no_department", message=message, params={"department": key})
    if latest is not None and (latest == "adapter") != (output == "adapter"):
        message = (
            f"{child} holds versions of another kind: its latest is a {latest} model, and this makes a {output} one, "
            "which whoever asks for the latest would then get. File it under a name of its own."
        )
        params = {"model": child, "latest": latest, "output": output}
        yield Finding(level="warning", code="other_kind", message=message, params=params)
