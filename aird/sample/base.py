"""Trains the sample organisation's base models: `python -m aird.sample.base OUT_DIR [--steps N]`.

Two models come out, on one tokenizer: `teacher`, the base of the departments' specialists, and `student`,
of less than half its size, for mentoring. Each is a plain model folder with a `base.json` that says how it
was made.

Two stages. First induction: random strings that repeat, so that the model grows the heads that copy;
without this stage it does not learn to copy references in any affordable time. Then chat: fresh items of
`aird.sample.corpus` at every step, loss on the answers only. The ML stack is imported inside functions:
importing this is cheap.
"""

import argparse
import hashlib
import json
import time
from itertools import islice
from pathlib import Path
from typing import Any, Final

from aird.sample import corpus
from aird.sample.corpus_references import LETTERS
from aird.training.settings import (
    ArchitectureSettings,
    InductionSettings,
    PretrainSettings,
    TokenizerSettings,
)

ASSETS: Final = Path(__file__).parent / "assets" / "base"
"""The shipped models, made by this script: ASSETS / "teacher" and ASSETS / "student"."""

TOKENIZER_ITEMS: Final = 8000
SEED: Final = 0
MAX_POSITIONS: Final = 256

SHAPES: Final[dict[str, ArchitectureSettings]] = {
    "teacher": ArchitectureSettings(
        hidden_size=160, layers=2, heads=5, intermediate_size=448, max_positions=MAX_POSITIONS, init_std=0.06
    ),
    "student": ArchitectureSettings(
        hidden_size=96, layers=2, heads=3, intermediate_size=288, max_positions=MAX_POSITIONS, init_std=0.02
    ),
}
"""Two layers are the least that can copy. First weights of 0.06 learn about twice as fast as those of 0.02."""

STEPS: Final[dict[str, int]] = {"teacher": 1600, "student": 2500}
INDUCTION_STEPS: Final = 250


def settings_of(name: str, steps: int | None = None) -> PretrainSettings:
    """How a base is trained. With `steps` the induction stage is shortened in proportion."""
    whole = STEPS[name]
    steps = whole if steps is None else steps
    return PretrainSettings(
        steps=steps,
        batch_size=64,
        learning_rate=3e-3,
        weight_decay=0.05,
        seed=SEED,
        max_length=128,
        architecture=SHAPES[name],
        tokenizer=TokenizerSettings(vocab_size=2048, digit_pairs=True, sample=TOKENIZER_ITEMS + 100),
        induction=InductionSettings(
            steps=max(1, round(INDUCTION_STEPS * min(1.0, steps / whole))),
            batch_size=32,
            learning_rate=3e-3,
            pool_texts=[*LETTERS, *_DIGIT_PAIRS],
        ),
    )


_DIGIT_PAIRS: Final = tuple(f"{number:02d}" for number in range(100))


def tokenizer_items() -> list[dict[str, Any]]:
    """What the tokenizer is learnt from: corpus items, and each pair of digits often enough for a token."""
    pairs = [{"text": " ".join([pair] * 50)} for pair in _DIGIT_PAIRS]
    return [*pairs, *islice(corpus.items(seed=SEED + 1), TOKENIZER_ITEMS)]


def train(name: str, out: Path, *, steps: int | None = None, tokenizer_from: Path | None = None) -> None:
    """Train one of the two models into `out`, one thread, so that the same machine gives the same weights."""
    from aird.training.recipes import pretrain
    from aird.training.recipes.progress import Progress

    settings = settings_of(name, steps)
    started = time.monotonic()

    def report(progress: Progress) -> None:
        if progress.step % 100 == 0:
            seconds = time.monotonic() - started
            numbers = " ".join(f"{key} {value:.4g}" for key, value in progress.metrics.items())
            print(
                f"{name} {progress.stage} {progress.step}/{progress.total} {seconds:.0f} s {numbers}",
                flush=True,
            )

    pretrain.train(
        settings,
        [] if tokenizer_from else tokenizer_items(),
        out,
        report=report,
        stream=corpus.items(seed=SEED),
        tokenizer_from=tokenizer_from,
        threads=1,
    )
    facts = {
        "name": name,
        "digest": digest(out / "model.safetensors"),
        "command": "python -m aird.sample.base OUT_DIR" + (f" --steps {steps}" if steps else ""),
        "corpus": corpus.VERSION,
        "seed": SEED,
        "settings": settings.model_dump(mode="json", exclude={"induction": {"pool_texts"}}),
        "seconds": round(time.monotonic() - started, 1),
    }
    (out / "base.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def digest(file: Path) -> str:
    """The sha256 of a file, as `base.json` records it for model.safetensors."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """The command line: both models, the teacher first, because the student takes over its tokenizer."""
    parser = argparse.ArgumentParser(prog="python -m aird.sample.base", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path, help="folder for the two models")
    parser.add_argument("--steps", type=int, help="train for so many steps only, for a quick check")
    options = parser.parse_args(arguments)
    train("teacher", options.out / "teacher", steps=options.steps)
    train(
        "student",
        options.out / "student",
        steps=options.steps,
        tokenizer_from=options.out / "teacher",
    )


if __name__ == "__main__":
    main()
