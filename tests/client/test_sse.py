from aird.client.sse import Event, events, lines


def test_an_event_has_its_name_data_and_id() -> None:
    found = list(events([b'id: 7\nevent: log\ndata: {"line": "a"}\n\n']))
    assert found == [Event("log", '{"line": "a"}', "7")]


def test_lines_of_data_are_joined_and_comments_are_passed_over() -> None:
    assert list(events([b": ping\n\ndata: one\ndata:two\n\n"])) == [Event("message", "one\ntwo", "")]


def test_an_event_may_be_cut_anywhere_between_chunks() -> None:
    whole = 'id: 1\r\nevent: log\r\ndata: {"line": "轮岗 é"}\r\n\r\ndata: x\r\rdata: y\n\n'.encode()
    expected = list(events([whole]))
    assert [each.data for each in expected] == ['{"line": "轮岗 é"}', "x", "y"]
    assert list(events(whole[i : i + 1] for i in range(len(whole)))) == expected


def test_separators_inside_the_data_do_not_end_a_line() -> None:
    text = "data: a\u2028b\x85c\x0bd"
    assert list(lines([text.encode() + b"\n"])) == [text]


def test_an_event_that_was_not_finished_is_dropped() -> None:
    assert list(events([b"data: whole\n\ndata: half\n"])) == [Event("message", "whole", "")]


def test_an_id_stays_until_the_next_one() -> None:
    found = events([b"id: 3\ndata: a\n\ndata: b\n\nid: 4\nevent: end\n\n"])
    assert [(each.event, each.id) for each in found] == [("message", "3"), ("message", "3"), ("end", "4")]
