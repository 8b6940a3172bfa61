"""A program of its own: loads the tokenizer.json on its standard input and uses it on texts that take long when a
pattern backtracks or a normaliser unfolds; what went wrong comes out as JSON.

Run as `python -I probe_tokenizer.py` by intake_probe, never imported. The tokenizers library answers some files with a
panic, which is no Exception, with all the memory there is, or never; here that ends a process of two seconds.
"""

import json
import resource
import sys

CPU_SECONDS = 2
BYTES_PER_SECOND = 4 * 1024 * 1024
"""How much of a file is loaded in a second of processor time, at the least."""
ADDRESS_BYTES = 1024 * 1024 * 1024
BYTES_PER_BYTE = 40
"""Address space for every byte of the file; a vocabulary of 256,000 tokens takes half of it."""
MAX_TOKENS_PER_BYTE = 16
TEXTS = (
    "",
    "a",
    "Which invoice is still open?",
    "科目6102餐费，发票S31。",
    "a" * 2000 + "!",
    " " * 2000 + "x",
    "1" * 2000 + "a",
    "ab" * 1000 + "\n",
    "\n" * 2000 + "\t",
    "_-" * 1000 + "é",
    "字" * 1000 + "!",
)


def verdict(raw: str) -> dict[str, str]:
    """{"reason", "message"}, empty when nothing is wrong; "absent" where the library is not installed."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return {"reason": "absent", "message": "the tokenizers library is not installed"}
    try:
        tokenizer = Tokenizer.from_str(raw)
        for text in TEXTS:
            ids = tokenizer.encode(text).ids
            if len(ids) > 64 + MAX_TOKENS_PER_BYTE * len(text.encode()):
                return {"reason": "pattern", "message": f"it makes {len(ids)} tokens of {len(text)} characters"}
            tokenizer.decode(ids)
    except MemoryError:
        return {"reason": "tokenizer_too_much", "message": "it takes all the memory that there is"}
    except BaseException as error:  # a panic of the library is a BaseException
        return {"reason": "tokenizer_fails", "message": f"{type(error).__name__}: {str(error)[:160]}"}
    return {}


def _limit(what: int, most: int) -> None:
    """Never more than this process is allowed already."""
    allowed = resource.getrlimit(what)[1]
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    content = sys.stdin.read()
    room = ADDRESS_BYTES + BYTES_PER_BYTE * len(content)
    seconds = CPU_SECONDS + len(content) // BYTES_PER_SECOND
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    _limit(resource.RLIMIT_AS, room)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(verdict(content), sys.stdout)
