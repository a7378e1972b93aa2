from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion.errors import MoviemotionError
from moviemotion.story.subtitles import Subtitle, read_subtitles

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts" / "pairs"


def srt(*texts: str) -> bytes:
    return "\n".join(
        f"{k}\n00:00:{k:02},500 --> 00:00:{k:02},900\n{text}\n" for k, text in enumerate(texts, 1)
    ).encode()


@pytest.mark.parametrize(
    ("raw", "spoken"),
    [
        ("<i>Come on,</i>\ncome on.", "Come on, come on."),
        ("{\\an8}Up here.", "Up here."),
        ("[door slams]\nWho's there?", "Who's there?"),
        ("(SIGHS) Never\nmind.", "Never mind."),
        ("JOHN: Is it?", "Is it?"),
        ("-Rolex!\n-No, it's mine!", "Rolex!\nNo, it's mine!"),
        ("- MAN 1: Yes?\n– No.", "Yes?\nNo."),
        ("♪ Row, row ♪", "Row, row"),
        ("At 10:30 then: now.", "At 10:30 then: now."),
    ],
)
def test_only_the_words_spoken_are_kept(tmp_path: Path, raw: str, spoken: str) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt(raw))
    assert read_subtitles(path) == (Subtitle(1.5, 1.9, spoken),)


def test_subtitles_without_words_go_and_the_rest_is_in_order(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt("[rain]", "♪♪", "Two.") + b"\n9\n00:00:00,100 --> 00:00:00,400\nOne.\n")
    assert [s.text for s in read_subtitles(path)] == ["One.", "Two."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt("Où est Zoë?").decode().replace("\n", "\r\n").encode(encoding))
    assert read_subtitles(path)[0].text == "Où est Zoë?"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"INT. KITCHEN - DAY\n\nANNA\nHello.\n", "not subtitles"),
        (b"\0\0\0\x18ftypmp42", "not a text file"),
        (srt("[rain]"), "no subtitle with words"),
    ],
)
def test_what_is_no_subtitles_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(data)
    with pytest.raises(MoviemotionError, match=message):
        read_subtitles(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="no such file"):
        read_subtitles(tmp_path / "gone.srt")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")
@pytest.mark.parametrize(("name", "count"), [("mission_impossible", 930), ("mystery_men", 1520)])
def test_real_subtitles(name: str, count: int) -> None:
    subtitles = read_subtitles(SHARED / f"{name}.srt")
    assert len(subtitles) >= count
    assert not any(c in s.text for s in subtitles for c in "<>{}[]♪")
