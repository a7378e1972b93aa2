"""Feed random files to every parser of scripts, subtitles and settings, for some minutes per format.

    python benchmarks/fuzz.py --minutes 15                 # every format
    python benchmarks/fuzz.py --minutes 5 --only FDX --only PDF --seed 7

Hypothesis puts the files together from fragments that occur in each format, from random text, and from long
repetitions of either. A parser must return a result or raise a `MoviemotionError`, and may take at most 5 s
of processor time for 1 MB. Every finding is reduced to a small file, saved in `--out`, and printed with its
exception. The exit status is 1 if there are findings.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from reportlab.pdfgen.canvas import Canvas

from moviemotion.audience.live.seats_config import read_seats_config
from moviemotion.errors import MoviemotionError
from moviemotion.reports.script.page_layout import paginate
from moviemotion.roi.plan_file import example_plan, read_plan
from moviemotion.screenplay.elements import Screenplay, speech_end
from moviemotion.screenplay.formats.fdx_writer import write_fdx
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.subtitles.parse import read_subtitles

MAX_BYTES = 1_000_000
SECONDS_PER_MB = 5.0
MIN_SECONDS = 5.0
"""Processor time that even the smallest file may take."""
EXAMPLES_PER_ROUND = 100
_CHARACTERS = (
    "\t\v\f\x00\x07\x1b\x1c\x85\xa0\xad\u0130\u0307\u200b\u200f\u2028\u3000\ud800\ue000\ufeff\uffff😀"
)


class TooSlowError(BaseException):
    """A parser exceeded its processor time. Parsers that catch every `Exception` must not catch this."""


@dataclass(frozen=True)
class Format:
    """A file format: its suffix, a strategy for the contents of files, and the function that reads a file."""

    suffix: str
    contents: st.SearchStrategy[bytes]
    read: Callable[[Path], object]


def text_of(fragments: list[str], separators: tuple[str, ...] = ("", "\n", "\n\n")) -> st.SearchStrategy[str]:
    """Texts made of a format's fragments, random text, and long repetitions of either."""
    odd = st.text(st.characters() | st.sampled_from(_CHARACTERS), max_size=12)
    piece = st.sampled_from(fragments) | st.sampled_from(fragments) | odd
    times = st.sampled_from([1] * 200 + [2, 3, 12, 60, 400, 3_000, 40_000, 400_000])
    repeated = st.builds(
        lambda one, n, by: (one + by) * min(n, 1 + MAX_BYTES // (len(one + by) + 1)),
        piece,
        times,
        st.sampled_from(separators),
    )
    return st.lists(repeated, max_size=25).map(lambda parts: "".join(parts)[:MAX_BYTES])


def encoded(text: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """The text in one of the encodings in which files arrive."""
    encodings = ["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-be", "cp1252", "cp1251", "shift_jis"]
    return st.builds(
        lambda words, name: words.encode(name, errors="surrogatepass" if name == "utf-8" else "replace"),
        text,
        st.sampled_from(encodings),
    ).map(lambda data: data[:MAX_BYTES])


def damaged(data: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The data as it is, cut off, or with bytes replaced."""

    def damage(original: bytes, at: int, inserted: bytes, cut: int) -> bytes:
        place = at % (len(original) + 1)
        return (original[:place] + inserted + original[place + len(inserted) :])[: cut or None]

    return data | st.builds(
        damage, data, st.integers(0, MAX_BYTES), st.binary(max_size=4), st.integers(0, 4_000)
    )


_SCRIPT = [
    *(
        "INT. KITCHEN - DAY",
        "EXT. SEA/SHORE – NIGHT  12A",
        "12A  INT. HALL  12A",
        "I/E CAR",
        "INNEN. HOF - TAG",
    ),
    *("KÜCHE – INNEN/TAG", "ИНТ. ДОМ — ДЕНЬ", "S#1. 카페 - 낮", "○ 喫茶店（夜）", "1. 内景 咖啡馆 日"),
    *(
        "SCENE 12",
        "SCENE 12: INT. HALL",
        "A STREET - NIGHT",
        "**INT. HALL - DAY**",
        "_EXT. SEA_",
        ". . . and",
    ),
    *(
        "ANNA",
        "          ANNA",
        "                    BO (V.O.) (CONT'D)",
        "@McBO",
        "BO ^",
        "ANNA:",
        "BO: Yes. No.",
    ),
    *(
        "Hello there, you.",
        "     Hello there, you.",
        "  (beat)",
        "(",
        ")",
        "(MORE)",
        "CONTINUED:",
        "(CONTINUED)",
    ),
    *(
        "CUT TO:",
        "FADE OUT.",
        "> END <",
        ">CUT TO:",
        "~la la",
        "!ACTION",
        ".FORCED",
        "..",
        "# Act",
        "= so",
        "===",
    ),
    *(
        "[[",
        "]]",
        "/*",
        "*/",
        "[[note]]",
        "/* no */",
        "*",
        "**",
        "_",
        "\\",
        "\\*",
        "#12#",
        "  ",
        "\t",
        "     *",
        "*      ",
        "      |",
        "      (B)",
        "  10",
    ),
    *(
        "Title: The Spoon",
        "Author:\n    A. B.",
        "---",
        "title: X",
        "tags: [a, b]",
        "- a",
        "THE SPOON   3.",
        "3.",
    ),
    *(
        "<pre>",
        "</pre>",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "<",
        "&amp;",
        "&#0;",
        "&#xD800;",
        "&#99999999999;",
        "\f",
    ),
    *(
        "BO                    ANNA\n   Yes.              No.",
        "a",
        "A",
        "1",
        "-",
        ".",
        " ",
        "Ann walks to the sea.",
    ),
    *("MILA", "     said   twice", "THE END", "10:35 PM", "…", "â€”", "\x96", "DAS ENDE", "O’NEIL, JR."),
]
_FDX = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    *(
        '<FinalDraft DocumentType="Script">',
        "</FinalDraft>",
        "<Content>",
        "</Content>",
        "<TitlePage>",
        "</TitlePage>",
    ),
    *(
        '<Paragraph Type="Scene Heading" Number="1">',
        '<Paragraph Type="Character">',
        '<Paragraph Type="Dialogue">',
    ),
    *(
        '<Paragraph Type="Parenthetical">',
        '<Paragraph Type="Action" Alignment="Center">',
        "<Paragraph>",
        "<Paragraph/>",
    ),
    *(
        '<Paragraph StartsNewPage="Yes">',
        "</Paragraph>",
        "<Text>",
        "</Text>",
        "<Text/>",
        '<Text Style="Bold+AllCaps">',
    ),
    *("<DualDialogue>", "</DualDialogue>", '<SceneProperties Page="3" Length="1 3/8">', "</SceneProperties>"),
    *(
        '<SceneProperties Page="²" Length="9/8"/>',
        "<Summary>",
        "</Summary>",
        "<ScriptNotes>",
        "</ScriptNotes>",
    ),
    *(
        '<ScriptNote Range="1,4">',
        '<ScriptNote Range="²">',
        "</ScriptNote>",
        "INT. HALL - DAY",
        "ANNA",
        "Hello.",
        " ",
    ),
    *(
        "\n",
        "\u2028",
        "&amp;",
        "&#10;",
        "&lol;",
        "<!DOCTYPE x>",
        "<![CDATA[x]]>",
        "<!-- x -->",
        "<x>",
        "</x>",
        "<?x?>",
    ),
]
_FDX_PARAGRAPHS = [
    f'<Paragraph {attributes}><Text Style="{style}">{words}</Text></Paragraph>'
    for attributes, words in (
        ('Type="Scene Heading" Number="1"', "INT. HALL - DAY"),
        ('Type="Character"', "ANNA (V.O.)"),
        ('Type="Dialogue"', "Hello  there. \u2028 "),
        ('Type="Parenthetical"', "(beat)"),
        ('Type="Transition"', "CUT TO:"),
        ('Type="Nothing"', "\n \n"),
    )
    for style in ("", "Bold", "AllCaps+Underline")
]
_SUBTITLE_WORDS = [
    *(
        "Hello there.",
        "- No.",
        "ANNA: Yes.",
        "[door slams]",
        "(",
        "[",
        "{",
        "♪",
        "<i>",
        "</i>",
        "<v Bob>",
        "<c.x>",
        "\\N",
    ),
    *(
        "{\\an8}",
        "{\\p1}m 0 0 l 1 1",
        "<00:01.000>",
        "&amp;",
        "\u200f",
        "\n",
        "\n\n",
        "1",
        "12",
        "-->",
        "a",
        " ",
    ),
]
_SRT = [
    *("1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n", "00:00:02,5 --> 00:00:04.100", "0:0:1 --> 0:0:2"),
    *(
        "99:99:99,999 --> 00:00:00,000",
        "-00:00:01,000 --> 00:00:02,000",
        "999999999999:00:00,000 --> 00:00:01,000",
    ),
    *("00:00:01,000 --> ", " --> 00:00:01,000", "{1}{25}Hello", "[1][20]Hello", "00:00:01:Hello"),
    *_SUBTITLE_WORDS,
]
_VTT = [
    *(
        "WEBVTT\n\n",
        "WEBVTT - title\n",
        "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n",
        "NOTE x\n",
        "STYLE\n::cue{}",
    ),
    *(
        "REGION\nid:a",
        "00:01.000 --> 00:02.000 align:start\nHello there.\n\n",
        "1:00:01.000 --> 1:00:02.000\n",
        "id\n",
    ),
    *("00:00.000 --> 00:00.000", "00:61.000 --> 99:00.000", "٣:٠٠.000 --> 00:05.000"),
    *_SUBTITLE_WORDS,
]
_ASS = [
    *(
        "[Script Info]\n",
        "ScriptType: v4.00+\n",
        "[V4+ Styles]\n",
        "[Events]\n",
        "[Fonts]\nfontname: x\n",
        "[Graphics]\n",
    ),
    "Format: Name, Fontname, Fontsize, PrimaryColour\n",
    "Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H0,&H0,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1\n",
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,ANNA,0,0,0,,Hello there.\n",
    "Dialogue: 0,9:99:99.99,0:00:02.00,Default,,0,0,0,,{\\k10}Hel{\\k}lo\n",
    *(
        "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,x\n",
        "Dialogue: ,,,\n",
        "Dialogue: x",
        "Style: \n",
        "; comment\n",
    ),
    *_SUBTITLE_WORDS,
]
_TOML = [
    *(
        "[[camera]]\n",
        'name = "a"\n',
        'source = "a.mp4"\n',
        "rate = 5\n",
        "[sync]\n",
        "offset = -1.5\n",
        "[costs]\n",
    ),
    *(
        'title = "x"\n',
        'currency = "EUR"\n',
        "discount_rate = 0.1\n",
        "price = [1, 2, 3]\n",
        "[contracts]\n",
        "x = nan\n",
    ),
    *(
        "notes = [",
        "]",
        "{",
        "}",
        "'''",
        '"""',
        "\\u0000",
        "= 1e400\n",
        "= 99999999999999999999\n",
        "inf",
        "1979-05-27\n",
    ),
    *(
        "a.b.c",
        " = ",
        "\n",
        "[a]\n",
        '"',
        "#",
        "true",
        "[[costs]]\n",
        "value = 1\n",
        'per = "month"\n',
        "frozen_after = 1\n",
    ),
    *example_plan().splitlines(keepends=True),
]


@st.composite
def pdf_pages(draw: st.DrawFn) -> bytes:
    """Pages of a PDF with lines at usual and unusual places, sizes and angles."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=draw(st.sampled_from([(612, 792), (595, 842), (10, 10), (14400, 14400)])))
    words = st.sampled_from(_SCRIPT) | st.text(st.characters(codec="cp1252"), max_size=30)
    stamp = draw(words)  # on every page, like a watermark or a header
    for _ in range(draw(st.integers(0, 8))):
        canvas.setPageRotation(draw(st.sampled_from([0, 0, 0, 90, 180])))
        for line in [stamp, *draw(st.lists(words, max_size=20))]:
            canvas.saveState()
            canvas.setFillGray(draw(st.sampled_from([0, 0, 0, 0.7, 1])))
            face = draw(st.sampled_from(["Courier", "Courier", "Helvetica-Bold", "Symbol", "ZapfDingbats"]))
            canvas.setFont(face, draw(st.sampled_from([12, 12, 12, 10, 0.01, 500])))
            canvas.translate(draw(st.integers(-50, 700)), draw(st.integers(-50, 900)))
            canvas.rotate(draw(st.sampled_from([0, 0, 0, 0, 45, 90, 180, 0.5])))
            for shift in draw(st.sampled_from([(0,), (0,), (0, 0.3), (0, 0.4, 0.8)])):
                canvas.drawString(shift, 0, line)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def fdx_files() -> st.SearchStrategy[bytes]:
    """Well-formed scripts with random paragraphs, and random sequences of tags."""
    paragraphs = text_of([*_FDX_PARAGRAPHS, "<Paragraph/>"], ("", "\n"))
    whole = paragraphs.map(lambda text: f"<FinalDraft><Content>{text}</Content></FinalDraft>")
    return damaged(encoded(whole | text_of(_FDX, ("", "\n"))))


def read_script(path: Path) -> None:
    """Read a script, check its elements, and write it in every format."""
    script = read_screenplay(path)
    check_elements(script)
    write_fountain(script)
    write_fdx(script)
    paginate(script.elements)


def check_elements(script: Screenplay) -> None:
    """Check what every later step assumes."""
    scene = 0
    for at, element in enumerate(script.elements):
        assert 1 <= element.line <= len(script.source), "line outside the file"
        assert element.lines >= 1, "element without lines"
        assert element.scene >= scene, "scenes out of order"
        scene = element.scene
        assert all(0 <= run.start < run.end <= len(element.text) for run in element.emphasis), "emphasis"
        assert speech_end(script.elements, at) <= len(script.elements)
    assert all(-1 <= note.element < len(script.elements) for note in script.notes), "note without element"


def read_settings(path: Path) -> None:
    """Read a file as a plan and as a list of seats; each may reject it."""
    for reader in (read_plan, read_seats_config):
        try:
            reader(path)
        except MoviemotionError:
            continue


FORMATS = {
    "plain text": Format(".txt", encoded(text_of(_SCRIPT)), read_script),
    "Fountain": Format(".fountain", encoded(text_of(_SCRIPT)), read_script),
    "FDX": Format(".fdx", fdx_files(), read_script),
    "PDF": Format(".pdf", damaged(pdf_pages()), read_script),
    "SRT": Format(".srt", encoded(text_of(_SRT)), read_subtitles),
    "VTT": Format(".vtt", encoded(text_of(_VTT)), read_subtitles),
    "ASS": Format(".ass", encoded(text_of(_ASS)), read_subtitles),
    "TOML": Format(".toml", encoded(text_of(_TOML, ("", "\n"))), read_settings),
}


def check(name: str, data: bytes, folder: Path) -> None:
    """Read a file of a format; raise an exception if its parser fails or is too slow."""
    known = FORMATS[name]
    path = folder / f"input{known.suffix}"
    path.write_bytes(data)
    limit = max(MIN_SECONDS, SECONDS_PER_MB * len(data) / 1e6)
    previous = signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        known.read(path)
    except MoviemotionError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


@dataclass
class Findings:
    """What a format's parsers did wrong: place in the code → the exception and the smallest file."""

    files: dict[str, tuple[BaseException, bytes]]
    tried: int = 0


def search(name: str, until: float, first_seed: int, folder: Path) -> Findings:
    """Try random files of one format until the monotonic time `until`."""
    findings = Findings({})
    while time.monotonic() < until:
        _search_round(name, until, first_seed, folder, findings)
        first_seed += 1
    return findings


def _search_round(name: str, until: float, round_seed: int, folder: Path, findings: Findings) -> None:
    """Try some files; end at the first new finding, after reducing its file."""
    reduced: str | None = None

    @seed(round_seed)
    @settings(
        max_examples=EXAMPLES_PER_ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(FORMATS[name].contents)
    def try_file(data: bytes) -> None:
        nonlocal reduced
        if time.monotonic() > until:
            return
        findings.tried += 1
        try:
            check(name, data, folder)
        except (Exception, TooSlowError) as error:
            place = _place(error)
            known = findings.files.get(place)
            if known is None or len(data) < len(known[1]):
                findings.files[place] = error, data
            # Hypothesis reduces the file as long as this raises; reducing a slow file would take too long.
            if known is None and not isinstance(error, TooSlowError):
                reduced = place
            if place == reduced:
                raise _FoundError(place) from None

    with contextlib.suppress(_FoundError, Flaky):
        try_file()


class _FoundError(Exception):
    pass


def _place(error: BaseException) -> str:
    """The innermost place in MoviEmotion at which an exception was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "moviemotion" in Path(frame.filename).parts] or frames
    return f"{type(error).__name__} in {Path(own[-1].filename).name}:{own[-1].lineno} ({own[-1].name})"


def main() -> int:
    """Search every format, and save and print the findings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="minutes for each format")
    parser.add_argument("--only", action="append", choices=FORMATS, help="only this format; repeatable")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="folder for the findings")
    options = parser.parse_args()
    found = 0
    for name in options.only or FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            until = time.monotonic() + 60 * options.minutes
            findings = search(name, until, options.seed, Path(folder))
        print(f"{name}: {findings.tried:,} files, {len(findings.files)} findings", flush=True)
        for place, (error, data) in findings.files.items():
            options.out.mkdir(parents=True, exist_ok=True)
            path = options.out / f"{name.replace(' ', '-')}-{found}{FORMATS[name].suffix}"
            path.write_bytes(data)
            print(f"  {path}: {place}: {error}", flush=True)
            found += 1
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
