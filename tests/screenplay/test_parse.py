from __future__ import annotations

import io
import random
from pathlib import Path

import av
import numpy as np
import pytest
from refusal import refused_in_one_line

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitle_track, read_subtitles

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
def test_only_spoken_words_remain(tmp_path: Path, raw: str, spoken: str) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt(raw))
    (subtitle,) = read_subtitles(path)
    assert (subtitle.start, subtitle.end, subtitle.text) == (1.5, 1.9, spoken)


def test_subtitles_without_words_are_dropped_and_the_rest_is_sorted(tmp_path: Path) -> None:
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
        (b"INT. KITCHEN - DAY\n\nANNA\nHello.\n", "not a readable subtitle file"),
        (b"\0\0\0\x18ftypmp42", "not a text file"),
        (srt("[rain]"), "no subtitles with spoken words"),
    ],
)
def test_files_without_subtitles_are_rejected(tmp_path: Path, data: bytes, message: str) -> None:
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


@pytest.mark.parametrize(
    ("raw", "text", "speakers", "sounds"),
    [
        ("ANNA: [sighs] No.\n-BO: (off) Yes!", "No.\nYes!", ("ANNA", "BO"), ("sighs", "off")),
        ("[rain falls]\n- Who?\n- Me.", "Who?\nMe.", (None, None), ("rain falls",)),
        ("<v Old Anna>No.", "No.", ("Old Anna",), ()),
        ("[NARRATOR]: Once.", "Once.", ("NARRATOR",), ()),
        ("[door opens] ANNA: No.", "No.", ("ANNA",), ("door opens",)),
        ("♪ Row, row ♪", "Row, row", (None,), ("music",)),
    ],
)
def test_speakers_and_sounds_are_separated(
    tmp_path: Path, raw: str, text: str, speakers: tuple[str | None, ...], sounds: tuple[str, ...]
) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt(raw))
    (subtitle,) = read_subtitles(path)
    assert (subtitle.text, subtitle.speakers, subtitle.sounds) == (text, speakers, sounds)


WEBVTT = "WEBVTT\n\nNOTE made up\n\n1\n00:01.500 --> 00:02.000 line:0\n<v Anna>Hello <i>you</i>.</v>\n"
ASS = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:01.50,0:00:02.00,Default,Anna,0,0,0,,{\\i1}Hello{\\i0} you.
"""


@pytest.mark.parametrize(("name", "data"), [("a.vtt", WEBVTT), ("a.ass", ASS), ("a.txt", ASS)])
def test_other_formats(tmp_path: Path, name: str, data: str) -> None:
    path = tmp_path / name
    path.write_text(data, encoding="utf-8")
    assert read_subtitles(path) == (Subtitle(1.5, 2.0, "Hello you.", ("Anna",), ()),)


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("cp1251", "Где ты была вчера вечером, дорогая моя?"),
        ("cp1250", "Źle zrobiłeś, że przyszedłeś tak późno, Łukaszu, wiesz o tym?"),
        ("gb18030", "我们昨天晚上在海边等了你很久，你到底去哪里了呢"),
        ("utf-16-le", "Où est Zoë?"),
    ],
)
def test_encodings_without_a_byte_order_mark(tmp_path: Path, encoding: str, line: str) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes(srt(*[line] * 5).decode().encode(encoding))
    assert read_subtitles(path)[0].text == line


ENGLISH = "I do not know where you are but I will wait for you by the sea and you will come to me"
FRENCH = "je ne sais pas que tu es mais je te la sur le les des une dans nous vous avec pour qui"


def lines_of(words: str, count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(words.split(), k=5)) for _ in range(count)]


def test_two_languages_in_one_file_are_rejected(tmp_path: Path) -> None:
    english, more, french = lines_of(ENGLISH, 40, 1), lines_of(ENGLISH, 40, 2), lines_of(FRENCH, 40, 3)
    path = tmp_path / "film.srt"
    path.write_bytes(srt(*map("\n".join, zip(english, french, strict=True))))
    with pytest.raises(MoviemotionError, match="two languages") as caught:
        read_subtitles(path)
    assert "\n" not in str(caught.value)
    path.write_bytes(srt(*english) + b"\n" + srt(*french))  # one after the other, at the same times
    with pytest.raises(MoviemotionError, match="two languages"):
        read_subtitles(path)
    path.write_bytes(srt(*map("\n".join, zip(english, more, strict=True))))
    assert len(read_subtitles(path)) == 40


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("00:00:05,000 --> 00:00:04,000", "end before they start"),
        ("30:00:05,000 --> 30:00:06,000", "reach 30 hours"),
        ("00:00:05,000 --> 00:00:05,010", "letters per second"),
    ],
)
def test_impossible_times_are_rejected_in_one_line(tmp_path: Path, times: str, message: str) -> None:
    path = tmp_path / "film.srt"
    path.write_text(f"1\n{times}\nWhere have you been all night?\n", encoding="utf-8")
    with refused_in_one_line(path, message):
        read_subtitles(path)


def film_with(path: Path, *tracks: str) -> Path:
    """A film of five black seconds with text tracks."""
    with av.open(str(path), "w") as film:
        video = film.add_stream("mpeg4", rate=2)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        sources = [av.open(io.BytesIO(track.encode()), format="srt") for track in tracks]
        texts = [film.add_stream_from_template(source.streams[0]) for source in sources]
        for _ in range(10):
            black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            film.mux(video.encode(black))
        film.mux(video.encode())
        for source, text in zip(sources, texts, strict=True):
            for packet in source.demux(source.streams[0]):
                if packet.dts is not None:
                    packet.stream = text
                    film.mux(packet)
    return path


def test_the_subtitle_track_of_a_film(tmp_path: Path) -> None:
    one = srt("<i>Come on,</i>\ncome on.", "[door] ANNA: What?").decode()
    film = film_with(tmp_path / "film.mkv", one)
    assert read_subtitles(film) == (
        Subtitle(1.5, 1.9, "Come on, come on.", (None,), ()),
        Subtitle(2.5, 2.9, "What?", ("ANNA",), ("door",)),
    )
    several = film_with(tmp_path / "two.mkv", one, srt("Viens.").decode())
    with pytest.raises(MoviemotionError, match=r"set subtitle_track to one of them: 1 .*, 2 "):
        read_subtitles(several)
    assert read_subtitles(several, track=2)[0].text == "Viens."
    with pytest.raises(MoviemotionError, match="set subtitle_track"):
        read_subtitles(several, track=3)


def test_films_without_text_tracks(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="no subtitle track"):
        read_subtitles(film_with(tmp_path / "film.mkv"))
    (tmp_path / "broken.mp4").write_bytes(b"not a film")
    with pytest.raises(MoviemotionError, match="cannot be read"):
        read_subtitles(tmp_path / "broken.mp4")
    with pytest.raises(MoviemotionError, match="no such file"):
        read_subtitles(tmp_path / "gone.mkv")


def numbered(*stamps: tuple[int, str]) -> str:
    def at(second: int) -> str:
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},000"

    return "\n".join(f"{k}\n{at(s)} --> {at(s + 2)}\n{text}\n" for k, (s, text) in enumerate(stamps, 1))


CUES = [(10 + 20 * k, f"This is line {k}.") for k in range(60)]


@pytest.mark.parametrize(
    "cues",
    [
        random.Random(1).sample(CUES, len(CUES)),
        CUES[::-1],
        [*CUES[40:], *CUES[20:40], *CUES[:20]],
        [cue for k in range(12) for cue in CUES[k * 35 % 60 :][:5]],
        [*CUES, *CUES],
    ],
    ids=["shuffled", "backwards", "thirds backwards", "scenes in any order", "twice"],
)
def test_cues_are_read_in_any_order(tmp_path: Path, cues: list[tuple[int, str]]) -> None:
    (path := tmp_path / "film.srt").write_text(numbered(*cues), encoding="utf-8")
    track = read_subtitle_track(path)
    assert [(round(s.start), s.text) for s in track.subtitles] == CUES
    assert not track.repairs


def test_cues_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    blocks = numbered(*CUES).split("\n\n")
    (path := tmp_path / "film.srt").write_text("\n\n".join(sorted(blocks)), encoding="utf-8")
    assert [(round(s.start), s.text) for s in read_subtitles(path)] == CUES


def test_a_file_that_is_sorted_by_style_has_no_parts(tmp_path: Path) -> None:
    head = (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
        "Style: Speech,Arial,20\nStyle: Sign,Arial,20\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )

    def row(style: str, second: int, text: str) -> str:
        clock = f"0:{second // 60:02}:{second % 60:02}.00"
        return f"Dialogue: 0,{clock},{clock[:-2]}90,{style},,0,0,0,,{text}\n"

    rows = [row("Speech", s, text) for s, text in CUES] + [row("Sign", s + 1, "An inn") for s, _ in CUES[::6]]
    (path := tmp_path / "film.ass").write_text(head + "".join(rows), encoding="utf-8")
    track = read_subtitle_track(path)
    assert not track.part_starts
    assert [(round(s.start), s.text) for s in track.subtitles if s.text != "An inn"] == CUES
