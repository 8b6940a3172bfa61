"""What the pages say in either language, read where the web client has it from."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).parents[2] / "web" / "src" / "locales"
LANGUAGES = {"en-US": "en", "zh-CN": "zh-CN"}


@cache
def _messages(language: str) -> dict[str, Any]:
    found = {each.stem: json.loads(each.read_text()) for each in (LOCALES / language).glob("*.json")}
    return found.pop("words") | found


class Words:
    """The words of one language by their key, as the pages have it: `words("common.close")`."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._messages = _messages(LANGUAGES[locale])

    def __call__(self, key: str, **values: object) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda match: str(values[match[1]]), self._raw(key))

    def like(self, key: str, **values: object) -> re.Pattern[str]:
        """The same, with anything where no value is given."""
        parts = re.split(r"\{\{(\w+)\}\}", self._raw(key))
        names = [re.escape(str(values[each])) if each in values else ".+" for each in parts[1::2]]
        fixed = [re.escape(each) for each in parts[::2]]
        return re.compile("".join(a + b for a, b in zip(fixed, [*names, ""], strict=True)))

    def _raw(self, key: str) -> str:
        found: Any = self._messages
        for part in key.split("."):
            found = found[part]
        assert isinstance(found, str), key
        return found
