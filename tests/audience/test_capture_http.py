"""Live cameras over HTTP whose timestamps are missing or wrong: film time is right within a sample."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from small_films import restamp, write_film

from moviemotion.audience.live.film_clock import CameraClock
from moviemotion.audience.live.sources import SourceLostError, StreamSource

SAMPLE = 0.2
"""Seconds between two samples."""
MULTIPART = "multipart/x-mixed-replace; boundary=frame"


@contextmanager
def camera(kind: str, pieces: Sequence[bytes], rate: float) -> Iterator[tuple[str, list[float]]]:
    """A camera that sends one piece per frame, `rate` times per second; its address and when it sent them."""
    sent: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            start = time.monotonic()
            for number, piece in enumerate(pieces):
                time.sleep(max(0.0, start + number / rate - time.monotonic()))
                try:
                    self.wfile.write(piece)
                except OSError:
                    return
                sent.append(time.monotonic())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stream", sent
    finally:
        server.shutdown()
        server.server_close()


def film_times(url: str) -> tuple[list[float], list[float], list[float]]:
    """The gray level of each frame, its film time on the monotonic clock, and the time of its arrival."""
    clock = CameraClock()
    levels, times, arrived = [], [], []
    with suppress(SourceLostError):  # at the end, the connection is closed
        for picture in StreamSource(url).pictures():
            now = time.monotonic()
            levels.append(float(picture.gray.mean()))
            times.append(clock.film_time(picture.time, now))
            arrived.append(now)
    return levels, times, arrived


def jpeg(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (640, 480), level).save(file, "JPEG")
    return file.getvalue() + bytes(30_000)  # as large as a photograph


@pytest.mark.parametrize("with_length", [True, False], ids=["with length", "without length"])
@pytest.mark.parametrize("rate", [5.0, 15.0])
def test_mjpeg_frames_are_timed_by_their_arrival(rate: float, with_length: bool) -> None:
    pieces = []
    for number in range(int(5 * rate)):
        picture = jpeg(60 + 2 * number)
        length = f"Content-Length: {len(picture)}\r\n" if with_length else ""
        header = f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n"
        pieces.append(header.encode() + picture + b"\r\n")
    with camera(MULTIPART, pieces, rate) as (url, sent):
        levels, times, _ = film_times(url)
    numbers = np.round((np.array(levels) - 60) / 2).astype(int)
    # Without a length, a frame ends where the next one begins, and the last one has no end.
    assert len(set(numbers)) >= len(pieces) - (0 if with_length else 2)
    # The frames that FFmpeg examines before it opens the stream are late.
    settled = numbers > rate
    late = np.array(times)[settled] - np.array(sent)[numbers[settled]]
    assert np.abs(late - np.median(late)).max() < SAMPLE


CLOCKS: dict[str, Callable[[int, float], float]] = {
    "good": lambda k, stamp: stamp,
    "set back by three seconds": lambda k, stamp: stamp - 3 * (k >= 40),
    "restarted": lambda k, stamp: stamp - 20 * (k >= 40),
    "one wrong stamp": lambda k, stamp: 900.0 if k == 40 else stamp,
    "half the rate": lambda k, stamp: 10 + stamp / 2,
    "a third more than the rate": lambda k, stamp: stamp * 4 / 3,
}


@pytest.mark.parametrize("name", CLOCKS)
def test_frames_of_a_transport_stream_are_placed_right(tmp_path: Path, name: str) -> None:
    rate = 10.0
    path = write_film(tmp_path / "film.ts", 20 + np.arange(80) / rate, "libx264")
    restamp(path, CLOCKS[name])
    data = path.read_bytes()
    with av.open(str(path)) as container:
        starts = [packet.pos for packet in container.demux(video=0) if packet.pts is not None]
    starts[0] = 0
    pieces = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    assert len(pieces) == 80
    with camera("video/mp2t", pieces, rate) as (url, sent):
        _, times, arrived = film_times(url)
    assert len(times) == 80
    late = np.array(times) - np.array(sent)
    settled = np.array(arrived) - np.array(arrived)[0] > 1
    settled[-2:] = False  # the last frames arrive only when the stream ends
    assert np.abs(late[settled] - np.median(late[settled])).max() < SAMPLE
