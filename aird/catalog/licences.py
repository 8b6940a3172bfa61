"""Which licences and restrictions rest on a version: its own and all that its parents carry. Pure.

Nothing falls away on the way down: a merge carries the union of its parents', an adapter its base's. The table knows
what the common licences of models ask for; one that is not in it is kept as it was written. This is bookkeeping, so
that nobody overlooks a licence, and no legal advice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

PREFIX = "license:"
LONGEST = 64


@dataclass(frozen=True)
class Licence:
    """A known licence: how it is written in cards and what it asks of whoever passes the weights on."""

    key: str
    title: str
    asks: tuple[str, ...] = ()


NOTICE = "notice"  # keep the licence and copyright text
NON_COMMERCIAL = "non-commercial"  # not for business
NO_DERIVATIVES = "no-derivatives"  # changed versions are not passed on
SHARE_ALIKE = "share-alike"  # changed versions under the same licence
USE_POLICY = "use-policy"  # a list of forbidden uses goes along
NAMING = "naming"  # the name of the origin must stand in the new one's
USER_LIMIT = "user-limit"  # above a number of users a licence of its own is needed
RESEARCH_ONLY = "research-only"
INTERNAL = "internal-use"  # the company's own, not to be passed on

KNOWN = {
    each.key: each
    for each in (
        Licence("apache-2.0", "Apache License 2.0", (NOTICE,)),
        Licence("mit", "MIT License", (NOTICE,)),
        Licence("bsd-2-clause", "BSD 2-Clause", (NOTICE,)),
        Licence("bsd-3-clause", "BSD 3-Clause", (NOTICE,)),
        Licence("isc", "ISC License", (NOTICE,)),
        Licence("unlicense", "The Unlicense"),
        Licence("cc0-1.0", "CC0 1.0"),
        Licence("cc-by-4.0", "CC BY 4.0", (NOTICE,)),
        Licence("cc-by-sa-4.0", "CC BY-SA 4.0", (NOTICE, SHARE_ALIKE)),
        Licence("cc-by-nc-4.0", "CC BY-NC 4.0", (NOTICE, NON_COMMERCIAL)),
        Licence("cc-by-nd-4.0", "CC BY-ND 4.0", (NOTICE, NO_DERIVATIVES)),
        Licence("cc-by-nc-sa-4.0", "CC BY-NC-SA 4.0", (NOTICE, NON_COMMERCIAL, SHARE_ALIKE)),
        Licence("cc-by-nc-nd-4.0", "CC BY-NC-ND 4.0", (NOTICE, NON_COMMERCIAL, NO_DERIVATIVES)),
        Licence("mpl-2.0", "Mozilla Public License 2.0", (NOTICE, SHARE_ALIKE)),
        Licence("lgpl-3.0", "GNU LGPL 3.0", (NOTICE, SHARE_ALIKE)),
        Licence("gpl-2.0", "GNU GPL 2.0", (NOTICE, SHARE_ALIKE)),
        Licence("gpl-3.0", "GNU GPL 3.0", (NOTICE, SHARE_ALIKE)),
        Licence("agpl-3.0", "GNU AGPL 3.0", (NOTICE, SHARE_ALIKE)),
        Licence("openrail", "OpenRAIL", (NOTICE, USE_POLICY)),
        Licence("openrail++", "OpenRAIL++", (NOTICE, USE_POLICY)),
        Licence("bigscience-openrail-m", "BigScience OpenRAIL-M", (NOTICE, USE_POLICY)),
        Licence("bigscience-bloom-rail-1.0", "BigScience BLOOM RAIL 1.0", (NOTICE, USE_POLICY)),
        Licence("creativeml-openrail-m", "CreativeML OpenRAIL-M", (NOTICE, USE_POLICY)),
        Licence("bigcode-openrail-m", "BigCode OpenRAIL-M", (NOTICE, USE_POLICY)),
        Licence("llama2", "Llama 2 Community License", (NOTICE, USE_POLICY, USER_LIMIT)),
        Licence("llama3", "Llama 3 Community License", (NOTICE, USE_POLICY, USER_LIMIT, NAMING)),
        Licence("llama3.1", "Llama 3.1 Community License", (NOTICE, USE_POLICY, USER_LIMIT, NAMING)),
        Licence("llama3.2", "Llama 3.2 Community License", (NOTICE, USE_POLICY, USER_LIMIT, NAMING)),
        Licence("llama3.3", "Llama 3.3 Community License", (NOTICE, USE_POLICY, USER_LIMIT, NAMING)),
        Licence("llama4", "Llama 4 Community License", (NOTICE, USE_POLICY, USER_LIMIT, NAMING)),
        Licence("gemma", "Gemma Terms of Use", (NOTICE, USE_POLICY)),
        Licence("qwen", "Qwen License", (NOTICE, USER_LIMIT)),
        Licence("qwen-research", "Qwen Research License", (NOTICE, RESEARCH_ONLY, NON_COMMERCIAL)),
        Licence("deepseek", "DeepSeek License", (NOTICE, USE_POLICY)),
        Licence("mrl", "Mistral Research License", (NOTICE, RESEARCH_ONLY, NON_COMMERCIAL)),
        Licence("mnpl", "Mistral Non-Production License", (NOTICE, RESEARCH_ONLY, NON_COMMERCIAL)),
        Licence("apple-amlr", "Apple Model License for Research", (NOTICE, RESEARCH_ONLY, NON_COMMERCIAL)),
        Licence("cohere-c4ai", "C4AI Community License", (NOTICE, NON_COMMERCIAL)),
        Licence("proprietary", "The company's own", (INTERNAL,)),
        Licence("internal", "The company's own", (INTERNAL,)),
    )
}

_ALIASES = {
    "apache": "apache-2.0",
    "apache2": "apache-2.0",
    "apache-2": "apache-2.0",
    "bsd": "bsd-3-clause",
    "cc0": "cc0-1.0",
    "gpl": "gpl-3.0",
    "gpl-3.0-only": "gpl-3.0",
    "gpl-3.0-or-later": "gpl-3.0",
    "gpl-2.0-only": "gpl-2.0",
    "gpl-2.0-or-later": "gpl-2.0",
    "lgpl": "lgpl-3.0",
    "lgpl-3.0-only": "lgpl-3.0",
    "lgpl-3.0-or-later": "lgpl-3.0",
    "agpl-3.0-only": "agpl-3.0",
    "agpl-3.0-or-later": "agpl-3.0",
    "llama-2": "llama2",
    "llama-3": "llama3",
    "llama-3.1": "llama3.1",
    "llama-3.2": "llama3.2",
    "llama-3.3": "llama3.3",
    "llama-4": "llama4",
}


def normal(text: str) -> str:
    """A known licence by its key, whatever the case and the way of writing; an unknown one as it was written."""
    key = "-".join(text.strip().lower().split())
    key = _ALIASES.get(key, key)
    return key if key in KNOWN else text.strip()


def own(licence: str) -> list[str]:
    """What rests on weights under this licence: the licence itself and what it asks."""
    name = normal(licence)
    if not name:
        return []
    known = KNOWN.get(name)
    return sorted({PREFIX + name[:LONGEST], *(known.asks if known else ())})


def inherited(licence: str, parents: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """The union of what the version's own licence and its parents carry; a parent is (licence, restrictions)."""
    found = set(own(licence))
    for theirs, restrictions in parents:
        found.update(own(theirs))
        found.update(restrictions)
    return sorted(found)


def licences_in(restrictions: Iterable[str]) -> list[str]:
    """The licences alone."""
    return sorted(each.removeprefix(PREFIX) for each in restrictions if each.startswith(PREFIX))
