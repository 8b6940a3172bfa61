"""What exam items want: targets, choices, patterns, forms. Free of any ML import."""

from aird.evaluation.scorers.outcome import Item, ItemsUnusable


def targets_of(item: Item) -> list[str]:
    """The answers that are right: `target`, those of `targets`, or the right one of the choices; may be empty."""
    found = [str(item["target"])] if "target" in item else []
    found += [str(each) for each in item.get("targets") or () if str(each) not in found]
    choices, answer = item.get("choices") or [], item.get("answer", -1)
    if not found and 0 <= answer < len(choices):
        found = [str(choices[answer])]
    return found


def target_of(item: Item) -> str:
    """The answer that must be said, the first if there are several. Raises ItemsUnusable."""
    found = targets_of(item)
    if not found:
        raise ItemsUnusable(f"Item {item.get('id')!r} needs a target, or choices with an answer that is one's index.")
    return found[0]
