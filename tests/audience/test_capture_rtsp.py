"""Live capture from a real RTSP server on this machine: several clients, a loss, and a reconnection."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.finalize import Offset, camera_samples, find_gaps
from moviemotion.audience.live.journal import CameraState
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.audience.live.sources import SourceLostError, StreamSource, source_at

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parent / "rtsp_server.py"
NEEDS = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(Gst.ElementFactory.find(name) for name in ("qtdemux", "rtph264pay", "rtpjpegpay"))
"""
BALL = "videotestsrc is-live=true pattern=ball"
STILL = "videotestsrc is-live=true pattern=smpte75"
JPEG = "video/x-raw,format=I420,width=320,height=240,framerate=10/1 ! jpegenc ! rtpjpegpay name=pay0"


def server_is_here() -> bool:
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", NEEDS], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    not server_is_here(),
    reason="RTSP: Debian's gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good are not here",
)


@contextmanager
def serving(pipelines: Mapping[str, str], port: int = 0) -> Iterator[int]:
    """A server with a mount for each pipeline; its port."""
    mounts = [f"{name}={pipeline}" for name, pipeline in pipelines.items()]
    server = subprocess.Popen(
        [SYSTEM_PYTHON, str(SERVER), str(port), *mounts], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


def film(path: Path) -> str:
    """A pipeline that plays an H.264 file in real time."""
    return f"filesrc location={path} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=1"


def test_a_stream_gives_pictures_in_time_and_reports_failures(seats: list[Path]) -> None:
    with serving({"ball": f"{BALL} ! {JPEG}"}) as port:
        times = []
        for picture in StreamSource(f"rtsp://127.0.0.1:{port}/ball").pictures():
            times.append(picture.time)
            if len(times) == 20:
                assert picture.to_rgb().shape == (240, 320, 3)
                break
        assert times[-1] - times[0] == pytest.approx(1.9, abs=0.3)
        with pytest.raises(SourceLostError, match="404"):
            next(StreamSource(f"rtsp://127.0.0.1:{port}/nothing").pictures())
    with pytest.raises(SourceLostError, match="Connection refused"):
        next(StreamSource(f"rtsp://127.0.0.1:{port}/ball").pictures())


def test_lost_cameras_reconnect_and_a_frozen_one_is_detected(seats: list[Path], tmp_path: Path) -> None:
    """Three cameras, two of them clients of one mount; the server is killed and started again."""
    clock, mounts = FilmClock(), {"one": film(seats[0]), "still": f"{STILL} ! {JPEG}"}
    names = {"seat-a": "one", "seat-b": "one", "still": "still"}
    with serving(mounts) as port:
        urls = {name: f"rtsp://127.0.0.1:{port}/{mount}" for name, mount in names.items()}
        cameras = {name: source_at(url, clock) for name, url in urls.items()}
        capture = LiveCapture(cameras, tmp_path / "live", clock, rate=2.0, frozen_after=3.0)
        until(lambda: all(camera.read >= 2 for camera in capture.health()))
        until(lambda: capture.health()[2].state is CameraState.FROZEN)
        before = [camera.read for camera in capture.health()]
    died = clock.now()
    until(lambda: all(camera.state is CameraState.LOST for camera in capture.health()))
    with serving(mounts, port):
        until(lambda: all(c.read > n for c, n in zip(capture.health()[:2], before[:2], strict=True)))
        until(lambda: capture.health()[2].state is CameraState.FROZEN)
        back = clock.now()
        capture.stop()
    gaps = find_gaps(tmp_path / "live", dict.fromkeys(names, Offset(0.0, float("nan"), "")), 2.0)
    for name in names:
        own = [gap for gap in gaps if gap.camera == name]
        assert any(gap.start <= died + 1 and died < gap.end <= back and "lost" in gap.reason for gap in own)
    assert any(gap.camera == "still" and gap.reason == "frozen: the same image for 3 s" for gap in gaps)
    for name in ("seat-a", "seat-b"):
        samples = camera_samples(tmp_path / "live", name, 0.0, 2.0)
        assert samples.viewers == (name,)
        assert samples.time.max() > died


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
