"""The address of a camera leads to no computer that only the server may reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from moviemotion.audience.live.addresses import pinned_address
from moviemotion.audience.live.sources import SourceLostError, StreamSource
from moviemotion.errors import MoviemotionError
from moviemotion.studio.uploads import CAMERAS_FILE, read_live_cameras
from moviemotion.study.file_names import UPLOADS_FOLDER

LINK_LOCAL = (
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.1.1:8080/video",
    "rtsp://[fe80::1]/x",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://user:secret@169.254.169.254/",
)
OWN = (
    "rtsp://127.0.0.1:8554/x",
    "http://localhost:8036/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("address", LINK_LOCAL)
def test_link_local_addresses_are_refused(address: str, own: bool) -> None:
    with pytest.raises(MoviemotionError, match="link-local") as error:
        pinned_address(address, allow_own=own)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("address", [*OWN, "http://0.0.0.0:8036/", "http://[::]/"])
def test_the_servers_own_ports_are_refused(address: str) -> None:
    with pytest.raises(MoviemotionError, match="not allowed"):
        pinned_address(address, allow_own=False)


def test_the_computers_own_network_address_is_refused() -> None:
    own = socket.gethostbyname(socket.gethostname())
    with pytest.raises(MoviemotionError, match="own computer"):
        pinned_address(f"http://{own}:8036/", allow_own=False)


def test_cameras_in_the_building_are_accepted_and_their_name_is_resolved_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the name could lead elsewhere when the camera is opened."""
    assert pinned_address("rtsp://192.168.1.20:554/s?a=b", False) == "rtsp://192.168.1.20:554/s?a=b"
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.20", 554))]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop() if answers else [])
    assert pinned_address("rtsp://u:p@cam.example:554/s", True) == "rtsp://u:p@192.168.1.20:554/s"


def test_one_bad_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, 1, 6, "", (host, 80)) for host in ("192.168.1.20", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(MoviemotionError, match="link-local"):
        pinned_address("http://cam.example/", True)


@pytest.mark.parametrize("address", [LINK_LOCAL[0], OWN[0]])
def test_a_screening_does_not_start_with_such_a_camera(tmp_path: Path, address: str) -> None:
    (tmp_path / UPLOADS_FOLDER).mkdir()
    (tmp_path / UPLOADS_FOLDER / CAMERAS_FILE).write_text(
        f'[[camera]]\nname = "a"\nsource = "{address}"\n', encoding="utf-8"
    )
    with pytest.raises(MoviemotionError, match="camera address"):
        read_live_cameras(tmp_path, allow_own=False)


@contextmanager
def server(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[tuple[str, list[str]]]:
    """Answers every request alike, and lists what was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}", asked
        web.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["redirect", "playlist"])
def test_a_camera_cannot_send_the_server_elsewhere(kind: str) -> None:
    with server(200, {}, b"secret") as (elsewhere, asked):
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{elsewhere}/inside.ts\n#EXT-X-ENDLIST\n"
        camera = (
            server(302, {"Location": f"{elsewhere}/inside"})
            if kind == "redirect"
            else server(200, {"Content-Type": "application/vnd.apple.mpegurl"}, playlist.encode())
        )
        with camera as (address, _), pytest.raises(SourceLostError):
            next(iter(StreamSource(f"{address}/live.m3u8").pictures()))
        assert asked == []
