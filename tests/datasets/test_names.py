"""Names of people, found in sentences that were marked by hand: how many of them, and how much besides.

`names/<language>.txt` were written before the finders, and the finders were made with them; `<language>_unseen.txt`
were written afterwards, and two words of the lists were changed since. Marked are names in brackets; half of the
sentences have none, and traps instead (places, firms, months, Chinese words that begin with a family name).
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from aird.datasets.quality import personal

HERE = Path(__file__).parent / "names"
MARK = re.compile(r"\[([^\]]+)\]")


def marked(line: str) -> tuple[str, list[tuple[int, int]]]:
    """The sentence without its marks, and where the names in it are."""
    text, names, at = "", [], 0
    for match in MARK.finditer(line):
        text += line[at : match.start()]
        names.append((len(text), len(text) + len(match[1])))
        text += match[1]
        at = match.end()
    return text + line[at:], names


def measured(file: str) -> tuple[float, float]:
    """(recall, precision): a name is found when all of it is covered; what touches no name is found by mistake."""
    hit = missed = wrong = 0
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        text, names = marked(line.replace("\\n", "\n"))
        found = [(each.start, each.end) for each in personal.find(text) if each.kind == "name"]
        covered = {at for start, end in found for at in range(start, end)}
        here = sum(set(range(*name)) <= covered for name in names)
        hit, missed = hit + here, missed + len(names) - here
        wrong += sum(not any(start < last and first < end for first, last in names) for start, end in found)
    return hit / (hit + missed), hit / (hit + wrong)


@pytest.mark.parametrize(
    ("file", "recall", "precision"),
    [("en.txt", 0.95, 0.95), ("en_unseen.txt", 0.85, 0.97), ("zh.txt", 0.92, 0.97), ("zh_unseen.txt", 0.75, 0.97)],
)
def test_most_names_are_found_and_little_else(file: str, recall: float, precision: float) -> None:
    found, right = measured(file)
    print(f"{file}: recall {found:.3f}, precision {right:.3f}")
    assert found >= recall
    assert right >= precision


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Dear Anna Smith, write to anna@example.com.", "Dear [name], write to [email]."),
        ("Anna's card, please", "[name]'s card, please"),
        ("my name is fatima and i am stuck", "my name is [name] and i am stuck"),
        ("请把合同发给赵敏，电话13800138000", "请把合同发给[name]，电话[phone]"),
        ("陈先生和小刘在三楼", "[name]先生和[name]在三楼"),
        ("Call MR SMITH", "Call MR SMITH"),  # what is written in capitals alone is not told from other words
        ("", ""), ("·", "·"), ("[name]", "[name]"), ("I am", "I am"), ("我叫", "我叫"), ("Dr.", "Dr."), ("王", "王"),
        ("O'", "O'"), ("A-", "A-"), ("Anna\u200bSmith", "[name]\u200bSmith"), ("🙂 Anna 🙂", "🙂 [name] 🙂"),
    ],
)  # fmt: skip
def test_a_name_is_replaced_and_the_rest_stays(text: str, masked: str) -> None:
    assert personal.mask(text) == masked


def test_what_was_masked_once_stays_as_it_is() -> None:
    text = personal.mask("Ask Priya Raman or 王小明 (anna@example.com, 13800138000).")
    assert text == "Ask [name] or [name] ([email], [phone])."
    assert personal.mask(text) == text


def test_the_lists_of_names_are_loaded_at_the_first_text_that_may_have_one() -> None:
    code = (
        "import sys; from aird.datasets.quality import personal; personal.mask('where is my order of 14 May 2026?'); "
        "print('rjieba' in sys.modules, 'faker.providers.person.en_US' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
