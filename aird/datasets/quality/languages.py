"""In which language a text is: by its script where that tells, else by py3langid. Pure."""

from functools import cache

from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

SHORTEST = 12
LONGEST = 1000
UNKNOWN = "und"


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_DIR / MODEL_FILE, norm_probs=True)


def language(text: str) -> str:
    """A two-letter code; `und` where the text is too short or too mixed to tell."""
    text = text[:LONGEST].strip()
    letters = [each for each in text if each.isalpha()]
    if not letters:
        return UNKNOWN
    kana = sum("\u3040" <= each <= "\u30ff" for each in letters)
    hangul = sum("\uac00" <= each <= "\ud7af" for each in letters)
    han = sum("\u4e00" <= each <= "\u9fff" for each in letters)
    if kana * 5 > len(letters):
        return "ja"
    if hangul * 3 > len(letters):
        return "ko"
    if han * 3 > len(letters) and not kana:
        return "zh"
    if len(letters) < SHORTEST:
        return UNKNOWN
    code, sure = _identifier().classify(text)
    return str(code) if sure >= 0.5 else UNKNOWN
