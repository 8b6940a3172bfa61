import json

import pytest

from aird.cli.output import duration, money, plain, short_digest, size, when
from aird.cli.progress import LineMeter, show_event


@pytest.mark.parametrize(
    ("count", "text"), [(None, ""), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 2**40, "5.0 TiB")]
)
def test_bytes_are_shown_in_powers_of_1024(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("micro", "text"),
    [(1, "0.000001 EUR"), (12_345_678_901, "12,345.678901 EUR"), (-500_000, "-0.500000 EUR"), (None, "")],
)
def test_money_is_exact(micro: int | None, text: str) -> None:
    assert money(micro, "EUR") == text


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (4.21, "4.2 s"), (65, "1 min 05 s"), (7_625, "2 h 07 min")])
def test_durations_read_like_a_clock(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_times_and_digests_are_shortened() -> None:
    assert when("2026-11-22T06:01:02.345678+00:00") == "2026-11-22 06:01:02Z"
    assert short_digest("sha256:0123456789abcdef") == "0123456789ab"


def test_text_from_elsewhere_cannot_command_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x1b]0;title\x07c\rd\te\n轮岗") == "ab]0;titlecd\te\n轮岗"


def test_progress_that_starts_over_is_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    meter = LineMeter("job")
    for fraction, stage in [(0.5, "train"), (0.52, "train"), (0.0, "train"), (0.0, "score")]:
        data = json.loads(json.dumps({"stage": stage, "fraction": fraction}))
        show_event(meter, {"kind": "progress", "data": data})
    assert capsys.readouterr().err.splitlines() == ["job: 50% train", "job: 0% train", "job: 0% score"]
