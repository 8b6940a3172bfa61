"""The header of README.md, the model card: plain YAML, or the card is not taken.

YAML can unfold a few lines to gigabytes (anchors), name types to build (tags) and say the same thing twice. A card is
read by the catalog, by Hub clients and by web pages, so what they could read differently is refused here.
"""

from aird.catalog.cards import split
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.core.recipe_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, RecipeRefused, load_mapping

CARD = "README.md"
_reasons = {
    "yaml_alias": "it uses a YAML anchor or alias ('&' or '*'), and a few of them can unfold to gigabytes",
    "yaml_too_deep": f"it nests deeper than {MAX_DEPTH} levels or has more than {MAX_NODES} values",
    "yaml_key": "it has a key that is not plain text",
    "yaml_double_key": "it says the same key twice, and only one would count",
    "recipe_too_large": f"it has more than {MAX_BYTES} bytes",
    "not_yaml": "it is not valid YAML, or names a type that is not plain data",
    "not_a_mapping": "it is not a list of 'key: value' lines",
    "not_text": "it contains a NUL or half a surrogate pair",
}


def check_card(raw: bytes) -> None:
    """Raises IntakeRefused unless the card is UTF-8 text whose header is plain YAML."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IntakeRefused(
            f"it is not UTF-8 text (byte {error.start}). Save it as UTF-8.", reason="not_utf8", file=CARD
        ) from None
    yaml, _ = split(text)
    if not yaml.strip():
        return
    try:
        load_mapping(yaml)
    except RecipeRefused as error:
        reason = str(error.params["reason"])
        where = shown(error.params.get("key") or "the header", 40)
        raise IntakeRefused(
            f"its header cannot be taken: {_reasons.get(reason, 'it is not plain YAML')} ({where}). Write every value"
            " out in full, between two lines of '---'.",
            reason={"recipe_too_large": "too_large"}.get(reason, reason),
            file=CARD,
        ) from None
