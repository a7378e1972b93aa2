"""seats.toml: what is right is read, what is wrong is said in a line that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion.audience.live.seats_config import (
    CameraConfig,
    SeatsConfig,
    SyncConfig,
    SyncMethod,
    read_seats_config,
)
from moviemotion.errors import MoviemotionError

GOOD = """
rate = 4
frozen_after = 8.5

[sync]
method = "light"
film = "film.mp4"
within = 30

[[camera]]
name = "seat-01"
source = "rtsp://someone:secret@10.0.0.7:554/stream?token=abc"

[[camera]]
name = "seat-02"
source = "/dev/video0"
offset = -0.25
rotate = 270

[[camera]]
name = "row"
source = "row.mp4"
"""


def read(tmp_path: Path, text: str) -> SeatsConfig:
    (path := tmp_path / "seats.toml").write_text(text, encoding="utf-8")
    return read_seats_config(path)


def config_errors(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(MoviemotionError) as error:
        read(tmp_path, text)
    prefix = f"{tmp_path / 'seats.toml'}: "
    lines = str(error.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def camera(text: str) -> str:
    return f'[[camera]]\nname = "a"\nsource = "/dev/video0"\n{text}\n'


def test_every_key_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == SeatsConfig(
        cameras=(
            CameraConfig("seat-01", "rtsp://someone:secret@10.0.0.7:554/stream?token=abc"),
            CameraConfig("seat-02", "/dev/video0", -0.25, 270),
            CameraConfig("row", str(tmp_path / "row.mp4")),
        ),
        rate=4.0,
        frozen_after=8.5,
        sync=SyncConfig(SyncMethod.LIGHT, film=tmp_path / "film.mp4", within=30.0),
    )


def test_a_source_is_reported_without_its_password(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).cameras[0].source_without_credentials == "rtsp://10.0.0.7:554/stream"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "camera: missing"),
        ("rate = 0\n" + camera(""), "rate: 0 is invalid; write a number from 0.1 to 60"),
        ('rate = "5"\n' + camera(""), "rate: '5' is invalid"),
        ("rate = true\n" + camera(""), "rate: True is invalid"),
        ("rate = nan\n" + camera(""), "rate: nan is invalid"),
        ("speed = 2\n" + camera(""), "speed: unknown; use camera, frozen_after, rate or sync"),
        (camera("") + "[store]\npictures = true\n", "store: frames are never stored; remove this key"),
        (camera('size = "640x480"'), "camera 1: size: unknown; use name, offset, rotate or source"),
        (camera('offset = "soon"'), "camera 1: offset: 'soon' is invalid"),
        (camera("rotate = 45"), "camera 1: rotate: 45 is invalid; write 0, 90, 180 or 270"),
        (camera('rotate = "90"'), "camera 1: rotate: '90' is invalid"),
        (
            camera("") + '[sync]\nmethod = "clap"\n',
            'sync.method: "clap" is unknown; write none, mark or light',
        ),
        (camera("") + '[sync]\nfilm = "f.mp4"\n', 'sync.film: not used with method "none"'),
        ('sync = "mark"\n' + camera(""), "sync: not a table; write [sync]"),
        ('[[camera]]\nsource = "/dev/video0"\n', "camera 1: name: missing or invalid"),
        ('[[camera]]\nname = "../x"\nsource = "/dev/video0"\n', "camera 1: name: missing or invalid"),
        ('[[camera]]\nname = "a"\n', "camera 1: source: missing"),
        ('[[camera]]\nname = "a"\nsource = "ftp://x/y"\n', "camera 1: source: ftp:// is not supported"),
        (camera("") + camera(""), 'camera name: "a" is used twice'),
        (
            camera("") + camera("").replace('"a"', '"a-1"'),
            'camera name: "a-1" could also be the name of a viewer in "a"',
        ),
        ("rate = \n", "not valid TOML"),
    ],
)
def test_an_error_is_one_line_that_names_the_key(tmp_path: Path, text: str, message: str) -> None:
    (line,) = config_errors(tmp_path, text)
    assert line.startswith(message)


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    assert len(config_errors(tmp_path, "rate = 0\nfoo = 1\n" + camera("bar = 1"))) == 3


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match=r"nowhere\.toml: cannot be read .*; check the file"):
        read_seats_config(tmp_path / "nowhere.toml")
