"""The gateway's journal: nothing that was appended is lost, whatever happens to the file after it."""

import os
import random
from pathlib import Path

import pytest

from aird.deploy.gateway import journal
from aird.deploy.gateway.journal import Journal, JournalBroken, frame, left_behind, read


def bodies(count: int) -> list[dict[str, object]]:
    return [{"t": "open", "request_id": f"chatcmpl-{i}", "note": "é" * (i % 7)} for i in range(count)]


def test_records_are_read_as_they_were_written():
    made = bodies(20)
    assert read(b"".join(map(frame, made))) == (made, 0)


def test_a_torn_end_costs_no_whole_record():
    made = bodies(5)
    data = b"".join(map(frame, made))
    last = len(frame(made[-1]))
    for cut in range(1, last):
        records, skipped = read(data[: len(data) - cut])
        assert records == made[:-1]
        assert skipped == last - cut


def test_a_flipped_bit_costs_the_record_it_is_in_and_no_other():
    made, chance = bodies(12), random.Random(3)
    frames = [frame(each) for each in made]
    for _ in range(200):
        hit = chance.randrange(len(made))
        data = bytearray(b"".join(frames))
        start = sum(len(each) for each in frames[:hit])
        data[start + chance.randrange(len(frames[hit]))] ^= 1 << chance.randrange(8)
        records, skipped = read(bytes(data))
        assert records == made[:hit] + made[hit + 1 :]
        assert skipped == len(frames[hit])


def test_noise_is_no_record():
    chance = random.Random(4)
    for size in (0, 1, 11, 4096):
        assert read(chance.randbytes(size)) == ([], size)
    assert read(journal.MAGIC * 500) == ([], 2000)


def test_a_living_journal_is_left_alone_and_a_dead_one_is_found(tmp_path: Path):
    alive, dead = Journal(tmp_path), Journal(tmp_path)
    dead.begin({"t": "open", "request_id": "x"})
    assert list(left_behind(tmp_path)) == []
    dead.close(remove=False)  # what the end of a process does: its lock is gone, its files stay
    [found] = left_behind(tmp_path)
    assert (found.holder, found.records, found.skipped) == (dead.holder, [{"t": "open", "request_id": "x"}], 0)
    found.remove()
    assert list(left_behind(tmp_path)) == []
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {str(alive.holder)}
    alive.close(remove=True)
    assert list(tmp_path.iterdir()) == []


def test_segments_go_when_all_of_their_requests_are_in_the_ledger_and_the_oldest_first(tmp_path: Path):
    made = Journal(tmp_path, segment_bytes=200)
    begun = [made.begin(body) for body in bodies(12)]
    assert len(made.segments) > 2
    for segment in begun[1:]:
        made.settled(segment)
    assert len(made.segments) > 2  # blocks of the first request may lie in any of them
    made.settled(begun[0])
    assert len(made.segments) == 1 == len(list(tmp_path.glob("*.journal")))
    made.close(remove=True)


def test_a_full_disk_refuses_a_record_and_leaves_no_half_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Journal(tmp_path)
    made.begin({"n": 1})
    real, half = os.write, [True]

    def full(handle: int, raw: bytes) -> int:
        return real(handle, raw[: len(raw) // 2]) if half[0] else real(handle, raw)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalBroken):
        made.append({"n": 2})
    half[0] = False
    made.append({"n": 3})
    assert read(made.segments[0].path.read_bytes()) == ([{"n": 1}, {"n": 3}], 0)
    made.close(remove=True)


def test_after_a_failed_sync_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Journal(tmp_path)
    made.begin({"n": 1})
    monkeypatch.setattr(os, "fdatasync", lambda _handle: (_ for _ in ()).throw(OSError(5, "input/output error")))
    with pytest.raises(JournalBroken):
        made.sync()
    monkeypatch.undo()
    with pytest.raises(JournalBroken):
        made.append({"n": 2})
    made.close(remove=False)
