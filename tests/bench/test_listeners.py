"""Listeners that only count: each event once, whole, however it arrives."""

import pytest
from bench.bare import FRAME
from bench.listeners import KINDS, Crowd, LineListener, SocketListener, frame_size
from bench.processes import running_bare
from bench.streams import publish

COUNT, POSTS = 7, 3
EVENTS = {"WebSocket": b"x" * 70_000, "SSE": b"event: update\ndata: {}\n\n"}


@pytest.mark.parametrize("kind", KINDS)
async def test_everybody_who_listens_hears_each_post_once(kind):
    crowd = Crowd()
    with running_bare({FRAME: EVENTS[kind]}) as bare:
        await crowd.gather(bare.port, KINDS[kind], "user", ["token"] * COUNT)
        for number in range(POSTS):
            await publish(bare.port, "token", "a post")
            await crowd.until(open_count=COUNT, event_count=(number + 1) * COUNT)
        crowd.leave()
    assert (crowd.open, len(crowd.delays_s)) == (COUNT, COUNT * POSTS)
    assert crowd.sample == EVENTS[kind]


def frame(payload, opcode=1):
    """A frame as a server sends it. Spec: RFC 6455 §5.2."""
    size = len(payload)
    for least, mark, width in ((65_536, b"\x7f", 8), (126, b"\x7e", 2)):
        if size >= least:
            return bytes([128 + opcode]) + mark + size.to_bytes(width, "big") + payload
    return bytes([128 + opcode, size]) + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_known_to_end_where_it_ends(size):
    raw = frame(b"x" * size)
    assert frame_size(raw) == len(raw)
    assert frame_size(raw[:1]) == 0


@pytest.mark.parametrize(
    ("kind", "raw", "events"),
    [
        (SocketListener, frame(b"one") + frame(b"", opcode=9) + frame(b"two" * 60), [b"one", b"two" * 60]),
        (LineListener, b"3\r\n:)\n\r\n9\r\nevent: a\ndata: 1\n\n\r\n:thump\n", [b"event: a\ndata: 1\n\n"]),
    ],
)
def test_what_comes_byte_by_byte_is_heard_as_what_comes_at_once(kind, raw, events):
    for step in (1, 5, len(raw)):
        heard = []
        crowd = Crowd()
        crowd.note_event = heard.append
        listener = kind(crowd, "user", "token")
        listener.is_open = True
        for start in range(0, len(raw), step):
            listener.data_received(raw[start : start + step])
        assert heard == events
