"""The one way the door of the catalog says no to an uploaded file."""

from aird.core.errors import Refused


class IntakeRefused(Refused):
    """This upload cannot be taken in

    `params["reason"]` is a stable word for the cause, `params["file"]` the file it was found in. The message
    says what is wrong, why it matters and what to do.
    """

    def __init__(self, message: str, *, reason: str, file: str) -> None:
        name = shown(file)
        super().__init__(f"{name}: {message}", reason=reason, file=name)


def shown(text: object, length: int = 80) -> str:
    """Text out of a stranger's file as it may stand in a message: printable and short."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[: length + 1])
    return plain if len(plain) <= length else plain[: length - 3] + "..."
