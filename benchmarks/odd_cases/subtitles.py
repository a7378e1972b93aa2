"""Subtitles whose words are right and whose times, form or completeness are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from odd_cases.films import Cue, Play, cues_of, fountain, judge_times, make_play, report, srt, stamp
from odd_cases.oracle import Case, Result

TIMES = r"subtitle.*(late|early|off|speed|fast|slow|shift|correct|hour|begin|start|end|part|zero|doubt|times)"


@lru_cache(maxsize=1)
def film() -> Play:
    """A film of 25 minutes."""
    return make_play(scenes=30, speeches=9, seed=11)


def _judge(
    folder: Path,
    text: str | bytes,
    cause: str = TIMES,
    name: str = "film.srt",
    play: Play | None = None,
    control: bool = False,
) -> Result:
    play = play or film()
    (script := folder / "film.fountain").write_text(fountain(play), encoding="utf-8")
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)
    run = report(folder, play.seconds, script, "--subtitles", folder / name)
    return judge_times(run, play, cause, name, control)


def timed(change: Callable[[float], float], play: Play | None = None) -> list[Cue]:
    """The right subtitles with changed times."""
    return [replace(c, start=change(c.start), end=change(c.end)) for c in cues_of(play or film())]


def leader(folder: Path) -> Result:
    return _judge(folder, srt(timed(lambda t: t + 3590)))


def forty_late(folder: Path) -> Result:
    return _judge(folder, srt(timed(lambda t: t + 40)))


def slow_tenth(folder: Path) -> Result:
    return _judge(folder, srt(timed(lambda t: t * 1.1)))


def drop_frame(folder: Path) -> Result:
    """Times of a broadcast master that begins at 10:00:00, counted in non-drop timecode."""
    return _judge(folder, srt(timed(lambda t: 36_000 + t * 1000 / 1001)))


def microdvd(folder: Path) -> Result:
    lines = [f"{{{round(c.start * 25)}}}{{{round(c.end * 25)}}}{c.text}" for c in cues_of(film())]
    return _judge(folder, "{1}{1}23.976\n" + "\n".join(lines), TIMES + "|frame", "film.sub")


def ass_slow(folder: Path) -> Result:
    def at(seconds: float) -> str:
        hundredths = round(seconds * 100)
        clock = f"{hundredths // 360_000}:{hundredths // 6000 % 60:02}:{hundredths // 100 % 60:02}"
        return f"{clock}.{hundredths % 100:02}"

    head = (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
        "Style: Default,Arial,20\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )
    slow = timed(lambda t: t * 25 / 24)
    rows = [f"Dialogue: 0,{at(c.start)},{at(c.end)},Default,,0,0,0,,{c.text}" for c in slow]
    return _judge(folder, head + "\n".join(rows) + "\n", name="film.ass")


def segments(folder: Path) -> Result:
    """Segments of a stream, joined: each has a header of its own, and times that begin at zero."""
    text, length = "", 250.0
    for number in range(int(film().seconds // length) + 1):
        start = number * length
        text += f"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{round((start + 10) * 90_000)}\n\n"
        for cue in (c for c in cues_of(film()) if start <= c.start < start + length):
            text += f"{stamp(cue.start - start, '.')} --> {stamp(cue.end - start, '.')}\n{cue.text}\n\n"
    return _judge(folder, text, TIMES + "|segment|part", "film.vtt")


def three_parts(folder: Path) -> Result:
    cues, thirds = cues_of(film()), []
    for k in range(3):
        part = cues[k * len(cues) // 3 : (k + 1) * len(cues) // 3]
        zero = part[0].start - 3 if k else 0.0
        thirds.append(srt([replace(c, start=c.start - zero, end=c.end - zero) for c in part]))
    return _judge(folder, "\n".join(thirds), TIMES + "|part")


def middle_only(folder: Path) -> Result:
    cues = cues_of(film())
    return _judge(
        folder, srt(cues[len(cues) // 3 : 2 * len(cues) // 3]), r"subtitles.*(begin|start|end|cover)"
    )


def stops_early(folder: Path) -> Result:
    cues = cues_of(film())
    return _judge(folder, srt(cues[: len(cues) * 3 // 5]), r"subtitles.*(end|stop|cover)")


def scene_removed(folder: Path) -> Result:
    """Subtitles of a version in which a minute was cut out after the first third."""
    cues = cues_of(film())
    at = cues[len(cues) // 3].start
    kept = [c for c in cues if not at <= c.start < at + 60]
    early = [replace(c, start=c.start - 60, end=c.end - 60) if c.start >= at else c for c in kept]
    return _judge(folder, srt(early))


def teletext(folder: Path) -> Result:
    """Two rows that roll up, in capitals: each row is shown twice."""
    cues = cues_of(film())
    rolled = [
        Cue(c.start, c.end, f"{before.text.upper()}\n{c.text.upper()}")
        for before, c in zip([cues[0], *cues], cues, strict=False)
    ]
    return _judge(folder, srt(rolled), "roll|repeat|twice|times")


def frames_for_milliseconds(folder: Path) -> Result:
    def at(seconds: float) -> str:
        return f"{stamp(seconds)[:8]}:{int(seconds % 1 * 25):02}"

    return _judge(folder, srt(cues_of(film()), time=at), "stamp|time|cue")


def minutes_only(folder: Path) -> Result:
    def at(seconds: float) -> str:
        return f"00:{int(seconds // 60):02}:{seconds % 60:06.3f}".replace(".", ",")

    return _judge(folder, srt(cues_of(film()), time=at), "stamp|time|cue", control=True)


def lost_blank_lines(folder: Path) -> Result:
    text = srt(cues_of(film())).split("\n")
    rng = np.random.default_rng(2)
    kept = [line for line in text if line or rng.random() > 0.1]
    return _judge(folder, "\n".join(kept), "blank|glued|stamp|cue")


def lost_arrows(folder: Path) -> Result:
    text = srt(cues_of(film())).split("\n")
    timing = [n for n, line in enumerate(text) if "-->" in line]
    for n in timing[::15]:
        text[n] = text[n].replace("-->", "—>")
    for n in timing[7::15]:
        text[n] = text[n].replace(":", ";")
    return _judge(folder, "\n".join(text), "stamp|damaged|cue|repaired")


def two_languages(folder: Path) -> Result:
    """Each cue has a translation above the original."""
    both = [replace(c, text=f"{_foreign(c.text)}\n{c.text}") for c in cues_of(film())]
    return _judge(folder, srt(both), "language|found")


def _foreign(text: str) -> str:
    return " ".join(word[::-1].capitalize() + "ij" for word in text.rstrip(".").split())


def other_language(folder: Path) -> Result:
    cues = [replace(c, text=_foreign(c.text)) for c in cues_of(film())]
    return _judge(folder, srt(cues), "found|other film|another film|different film|language|belong")


def shuffled(folder: Path) -> Result:
    cues = cues_of(film())
    order = np.random.default_rng(3).permutation(len(cues))
    return _judge(folder, srt([cues[k] for k in order]), control=True)


def utf16(folder: Path) -> Result:
    return _judge(folder, srt(cues_of(film())).encode("utf-16"), control=True)


def old_mac(folder: Path) -> Result:
    return _judge(folder, srt(cues_of(film())).replace("\n", "\r"), control=True)


def hard_of_hearing(folder: Path) -> Result:
    before = ("[DOOR SLAMS]\nANNA: ", "", "(sighs) ", "", "- ")
    cues = [replace(c, text=before[k % 5] + c.text) for k, c in enumerate(cues_of(film()))]
    return _judge(folder, srt(cues), control=True)


def two_at_once(folder: Path) -> Result:
    """Two cues at a time: the second of each pair is a sign in the picture."""
    cues = cues_of(film())
    signs = [replace(c, text=f"SHOP NUMBER {k}") for k, c in enumerate(cues) if k % 10 == 0]
    return _judge(folder, srt(sorted([*cues, *signs], key=lambda c: c.start)), control=True)


def long_script(folder: Path) -> Result:
    """The script of a long film for a short recording, without subtitles."""
    play = replace(make_play(scenes=60, speeches=9, seed=12), seconds=200.0)
    untimed = replace(
        play,
        scenes=tuple(
            replace(s, speeches=tuple(replace(x, start=math.nan) for x in s.speeches)) for s in play.scenes
        ),
    )
    (script := folder / "film.fountain").write_text(fountain(untimed), encoding="utf-8")
    run = report(folder, 200.0, script)
    cause = r"pages.*(film|recording|cameras)|cannot fit|too long|longer than"
    return judge_times(run, replace(play, scenes=make_play(scenes=60, speeches=9, seed=12).scenes), cause)


CASES = [
    Case("subtitles", name, built, judge, control)
    for name, judge, built, control in (
        ("leader", leader, "times begin at 00:59:50, as on a master with a leader", False),
        ("forty_late", forty_late, "40 s late", False),
        ("slow_tenth", slow_tenth, "a tenth too slow", False),
        ("drop_frame", drop_frame, "times from 10:00:00 on, 1000/1001 too fast", False),
        ("microdvd", microdvd, "MicroDVD in frames of 25, marked as 23.976", False),
        ("ass_slow", ass_slow, "ASS for 24 instead of 25 pictures a second", False),
        ("segments", segments, "WebVTT segments of a stream, joined", False),
        ("three_parts", three_parts, "three parts, each beginning at zero", False),
        ("middle_only", middle_only, "only the middle third of the film", False),
        ("stops_early", stops_early, "the subtitles stop after three fifths", False),
        ("scene_removed", scene_removed, "subtitles of a version without one minute", False),
        ("teletext", teletext, "two rows that roll up, in capitals", False),
        ("frames_for_milliseconds", frames_for_milliseconds, "stamps with frames: 00:01:02:12", False),
        ("lost_blank_lines", lost_blank_lines, "a tenth of the blank lines are lost", False),
        ("lost_arrows", lost_arrows, "two stamps of fifteen are damaged", False),
        ("two_languages", two_languages, "two languages in each cue", False),
        ("other_language", other_language, "another language", False),
        ("long_script", long_script, "a script of 60 scenes for 200 s, without subtitles", False),
        ("minutes_only", minutes_only, "minutes beyond 59 would be no surprise: 00:07:03,5", True),
        ("shuffled", shuffled, "cues in any order", True),
        ("utf16", utf16, "UTF-16", True),
        ("old_mac", old_mac, "line ends of an old Mac", True),
        ("hard_of_hearing", hard_of_hearing, "sounds and speakers for the hard of hearing", True),
        ("two_at_once", two_at_once, "signs at the same time as speech", True),
    )
]
