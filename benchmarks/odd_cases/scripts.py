"""Scripts as people write, print, convert and damage them; the scenes, speeches and speakers are known."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image
from reportlab.lib.pagesizes import landscape, letter
from reportlab.pdfgen.canvas import Canvas

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.formats.format_registry import read_screenplay
from odd_cases.films import (
    Play,
    Scene,
    fountain,
    judge_script,
    judge_script_control,
    make_play,
    printed,
    report,
)
from odd_cases.oracle import Case, Result, Verdict, matching, told_lines

NO_SCENES = r"no scene|scene heading|scenes.*speeches|0 scenes|few scenes"
NO_SPEECH = r"no dialogue|few speeches|speakers|no scene heading or dialogue|cannot be identified"
IMPLAUSIBLE = f"{NO_SCENES}|{NO_SPEECH}|implausible"
MAX_SECONDS_PER_MB = 5.0
LINE_HEIGHT, CHARACTER_WIDTH = 12, 7.2

Heading = Callable[[int, Scene], str]


def play() -> Play:
    """A short script."""
    return make_play(scenes=8, speeches=7, seed=31)


def _judge(
    folder: Path,
    content: str | bytes,
    name: str,
    cause: str = IMPLAUSIBLE,
    truth: Play | None = None,
    control: bool = False,
) -> Result:
    truth, script = truth or play(), folder / name
    script.write_bytes(content if isinstance(content, bytes) else content.encode())
    run = report(folder, truth.seconds, script)
    return judge_script_control(run, truth) if control else judge_script(run, truth, cause, name)


def _headings(inside: str, outside: str, day: str, night: str, form: str = "{} {} - {}") -> Heading:
    return lambda _, scene: form.format(
        inside if scene.inside else outside, scene.place, night if scene.night else day
    )


def french(folder: Path) -> Result:
    heading = _headings("INTÉRIEUR", "EXTÉRIEUR", "JOUR", "NUIT", "{} – {} – {}")
    return _judge(folder, "\n".join(printed(play(), heading=heading)), "film.txt", NO_SCENES)


def spanish(folder: Path) -> Result:
    heading = _headings("INTERIOR.", "EXTERIOR.", "DÍA", "NOCHE", "{} {}. {}")
    return _judge(folder, fountain(play(), heading), "film.fountain", NO_SCENES)


def polish(folder: Path) -> Result:
    heading = _headings("WNĘTRZE.", "PLENER.", "DZIEŃ", "NOC")
    return _judge(folder, "\n".join(printed(play(), heading=heading)), "film.txt", NO_SCENES)


def russian(folder: Path) -> Result:
    heading = _headings("ИНТ.", "НАТ.", "ДЕНЬ", "НОЧЬ", "{} {} – {}")
    return _judge(folder, fountain(play(), heading), "film.fountain", NO_SCENES)


def turkish(folder: Path) -> Result:
    heading = _headings("İÇ.", "DIŞ.", "GÜN", "GECE")
    return _judge(folder, fountain(play(), heading), "film.fountain", NO_SCENES)


def korean(folder: Path) -> Result:
    def heading(number: int, scene: Scene) -> str:
        return f"S#{number + 1}. {scene.place} ({'밤' if scene.night else '낮'})"

    return _judge(folder, fountain(play(), heading), "film.fountain", NO_SCENES)


def dutch(folder: Path) -> Result:
    heading = _headings("BINNEN.", "BUITEN.", "DAG", "NACHT")
    return _judge(folder, "\n".join(printed(play(), heading=heading)), "film.txt", NO_SCENES)


def numbered(folder: Path) -> Result:
    def heading(number: int, scene: Scene) -> str:
        return f"{number + 12}A   {scene.heading}   {number + 12}A"

    return _judge(folder, fountain(play(), heading), "film.fountain", NO_SCENES)


def markdown_headings(folder: Path) -> Result:
    text = fountain(play(), lambda n, scene: f"## {n + 1}. {scene.heading}", front="# The Last Ferry\n")
    return _judge(folder, text, "film.fountain", NO_SCENES)


def underlined(folder: Path) -> Result:
    text = fountain(
        play(), lambda _, scene: f"_**{scene.heading}**_", lambda k, who: f"***{who}***" if k % 2 else who
    )
    return _judge(folder, text, "film.fountain")


def toml_front(folder: Path) -> Result:
    front = '+++\ntitle = "The Last Ferry"\nauthors = ["R. Osk"]\ndraft = true\n+++\n'
    return _judge(folder, fountain(play(), front=front), "film.fountain", "title|front matter")


def dots(folder: Path) -> Result:
    actions = iter([". . .", "... and waits", ".. nothing.", "…then silence.", ". Hm."] * 4)
    text = fountain(play(), action=lambda action: f"{action}\n\n{next(actions)}")
    return _judge(folder, text, "film.fountain")


def song_in_flat_text(folder: Path) -> Result:
    """All in one column, but for three songs that are centered."""
    lines = printed(play(), columns=(8, 8, 8, 8))
    for at in (lines.index("", row) for row in (40, 90, 150)):
        lines[at:at] = ["", " " * 30 + "LA LA LA", " " * 30 + "THE SEA IS WIDE", ""]
    return _judge(folder, "\n".join(lines), "film.txt")


def tabs(folder: Path) -> Result:
    return _judge(folder, "\n".join(printed(play(), columns=(0, 0, 4, 2), space="\t")), "film.txt")


def no_break_spaces(folder: Path) -> Result:
    return _judge(folder, "\n".join(printed(play(), space="\u00a0")), "film.txt")


def line_numbers(folder: Path) -> Result:
    lines = [f"{n:>4}  {line}" for n, line in enumerate(printed(play()), 1)]
    return _judge(folder, "\n".join(lines), "film.txt")


def stage_play(folder: Path) -> Result:
    lines = [play().title, ""]
    for number, scene in enumerate(play().scenes, 1):
        lines += [f"SCENE {number}. {scene.place}", "", f"[{scene.action}]", ""]
        for speech in scene.speeches:
            lines += [f"{speech.speaker}: {speech.text}", ""]
    return _judge(folder, "\n".join(lines), "film.txt")


def continued(folder: Path) -> Result:
    notes = ("", " (CONT'D)", " (SUITE)", " (V.O.)", " (FORTS.)", " (O.S.) (CONT’D)", " (WEITER)")
    text = fountain(play(), cue=lambda k, who: who + notes[k % len(notes)])
    return _judge(folder, text, "film.fountain", "speakers")


def double_encoded(folder: Path) -> Result:
    text = fountain(play(), _headings("INT.", "EXT.", "DAY", "NIGHT", "{} {} — {}"))
    text = text.replace(".\n", "… “so” – é.\n")
    truth = _worded(lambda words: words.replace(".", "… “so” – é."))
    damaged = text.encode().decode("cp1252", "replace").encode()
    return _judge(folder, damaged, "film.fountain", "encod|character", truth)


def _worded(words: Callable[[str], str]) -> Play:
    scenes = tuple(
        replace(s, speeches=tuple(replace(x, text=words(x.text)) for x in s.speeches)) for s in play().scenes
    )
    return replace(play(), scenes=scenes)


def utf16_unmarked(folder: Path) -> Result:
    return _judge(folder, fountain(play()).encode("utf-16-le"), "film.fountain", "encod|UTF|text")


def mac_roman(folder: Path) -> Result:
    truth = _worded(lambda words: words.replace(".", " à l'été, “là”."))
    content = fountain(truth).replace("\n", "\r").encode("mac_roman")
    return _judge(folder, content, "film.fountain", "encod|character", truth)


def invisible(folder: Path) -> Result:
    text = fountain(
        play(),
        lambda n, scene: f"\u200b{scene.heading}" if n % 2 else scene.heading,
        lambda k, who: (f"{who}\u200b", f"\ufeff{who}", f"{who}\u00a0", who)[k % 4],
        lambda words: words.replace("a", "a\u00ad", 1),
    )
    return _judge(folder, text, "film.fountain")


def line_separators(folder: Path) -> Result:
    return _judge(folder, fountain(play()).replace("\n", "\u2028"), "film.fountain")


def form_feeds(folder: Path) -> Result:
    lines = printed(play())
    for at in (lines.index("", row) for row in range(50, len(lines) - 10, 55)):
        lines[at] = f"\f{' ' * 60}{at // 50}.\x0b"
    return _judge(folder, "\n".join(lines), "film.txt")


def any_script(folder: Path) -> Result:
    """Emoji, Arabic, Chinese and musical signs in speeches: read, and the annotated PDF is made."""
    signs = ("😀 ok", "مرحبا", "你好", "𝄞 la", "Ω≈ç√", "\U000e0041tag")
    truth = _worded(lambda words: f"{signs[len(words) % len(signs)]} {words}")
    (script := folder / "film.fountain").write_text(fountain(truth), encoding="utf-8")
    run = report(folder, truth.seconds, script)
    read = judge_script(run, truth, IMPLAUSIBLE, script.name)
    if read.verdict is Verdict.RIGHT and not (run.study / "annotated.pdf").is_file():
        if named := matching(told_lines(run), r"annotated\.pdf"):
            return Result(Verdict.REPORTED, named[0])
        return Result(Verdict.SILENT, "annotated.pdf is missing")
    return read


def _rows(
    lines: list[str], per_page: int = 54, anywhere: bool = False
) -> Iterator[tuple[int, int, float, str]]:
    """Page, row, indent in characters, and text; pages end at blank lines, unless they may end anywhere."""
    page, row = 0, 0
    for number, line in enumerate(lines):
        block = next((k for k, later in enumerate(lines[number:]) if not later.strip()), len(lines) - number)
        begins = number > 0 and not lines[number - 1].strip()
        if row == per_page or (begins and not anywhere and row + block > per_page):
            page, row = page + 1, 0
        text = line.lstrip()
        if text:
            yield page, row, len(line) - len(text), text
        row += 1


def _pdf(
    path: Path,
    lines: list[str],
    draw: Callable[[Canvas, float, float, str], None] | None = None,
    decorate: Callable[[Canvas, int], None] = lambda canvas, page: None,
    anywhere: bool = False,
) -> Path:
    draw = draw or (lambda canvas, x, y, text: canvas.drawString(x, y, text))
    canvas, page = Canvas(str(path), pagesize=letter), 0
    decorate(canvas, 0)
    canvas.setFont("Courier", 12)
    for on_page, row, indent, text in _rows(lines, anywhere=anywhere):
        if on_page != page:
            canvas.showPage()
            page = on_page
            decorate(canvas, page)
            canvas.setFont("Courier", 12)
        draw(canvas, 40 + indent * CHARACTER_WIDTH, 720 - row * LINE_HEIGHT, text)
    canvas.save()
    return path


def _judge_pdf(folder: Path, path: Path, cause: str = IMPLAUSIBLE, control: bool = False) -> Result:
    run = report(folder, play().seconds, path)
    return judge_script_control(run, play()) if control else judge_script(run, play(), cause, path.name)


def pdf_names(folder: Path) -> Result:
    """The reader's name in gray, in the script's own face, in six places of each page."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Courier", 12)
        canvas.setFillGray(0.75)
        for k in range(6):
            canvas.drawString(60 + 60 * k, 90 + 105 * k, "J. OSK 47")
        canvas.setFillGray(0)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), decorate=decorate), "watermark")


def pdf_upright_mark(folder: Path) -> Result:
    """CONFIDENTIAL, large, upright and gray, across the middle of each page."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica-Bold", 60)
        canvas.setFillGray(0.85)
        for y in (200, 400, 600):
            canvas.drawCentredString(306, y, "CONFIDENTIAL")
        canvas.setFillGray(0)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), decorate=decorate), "watermark")


def pdf_shadow(folder: Path) -> Result:
    """Headings and cues are drawn three times, a little shifted, to look bold."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        for shift in (0, 0.4, 0.8) if text.isupper() else (0,):
            canvas.drawString(x + shift, y + shift / 2, text)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_blank_after_cue(folder: Path) -> Result:
    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play(), blank_after_cue=True)))


def pdf_pages_end_anywhere(folder: Path) -> Result:
    """Printed by a program that knows nothing of scripts: a page may end between a cue and its speech."""
    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), anywhere=True))


def pdf_letters(folder: Path) -> Result:
    """Each letter is placed by itself, and blanks are not drawn."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        for k, letter_ in enumerate(text):
            if letter_ != " ":
                canvas.drawString(x + k * CHARACTER_WIDTH, y, letter_)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_stars_left(folder: Path) -> Result:
    """A star in the left margin of each line that was revised."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.drawString(x, y, text)
        if len(text) % 3 == 0:
            canvas.drawString(40, y, "*")

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_bars(folder: Path) -> Result:
    """A bar in the right margin of each line that was revised."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.drawString(x, y, text)
        if len(text) % 3 == 0:
            canvas.drawString(570, y, "|")

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_tilted(folder: Path) -> Result:
    """Recognized text of pages that lay askew in the scanner."""

    def tilt(canvas: Canvas, page: int) -> None:
        canvas.translate(306, 396)
        canvas.rotate((-1.4, 0.9, 1.8)[page % 3])
        canvas.translate(-306, -396)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), decorate=tilt))


def pdf_proportional(folder: Path) -> Result:
    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.setFont("Times-Roman", 12)
        canvas.drawString(x, y, text)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_colored_names(folder: Path) -> Result:
    """One speaker's name in light blue, as for a table reading."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.setFillColorRGB(*((0.6, 0.75, 0.95) if text == "MILA" else (0, 0, 0)))
        canvas.drawString(x, y, text)

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def pdf_underlined(folder: Path) -> Result:
    """Headings underlined by drawing underscores."""

    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.drawString(x, y, text)
        if text.startswith(("INT.", "EXT.")):
            canvas.drawString(x, y - 1, "_" * len(text))

    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play()), draw))


def _pdf_sheets(path: Path, order: Callable[[int], Iterable[int]], scans: Collection[int] = ()) -> Path:
    """Numbered pages in some order, given their number; some of them are images."""
    rows = list(_rows(printed(play()), per_page=30))
    canvas = Canvas(str(path), pagesize=letter)
    for page in order(rows[-1][0] + 1):
        canvas.setFont("Courier", 12)
        canvas.drawString(540, 760, f"{page + 1}.")
        if page in scans:
            canvas.drawInlineImage(Image.new("L", (60, 80), 220), 0, 0, 612, 792)
        else:
            for on_page, row, indent, text in rows:
                if on_page == page:
                    canvas.drawString(40 + indent * CHARACTER_WIDTH, 720 - row * LINE_HEIGHT, text)
        canvas.showPage()
    canvas.save()
    return path


def pdf_reversed(folder: Path) -> Result:
    return _judge_pdf(folder, _pdf_sheets(folder / "film.pdf", lambda pages: reversed(range(pages))))


def pdf_part_scanned(folder: Path) -> Result:
    """Three pages are images, the others text."""
    return _judge_pdf(folder, _pdf_sheets(folder / "film.pdf", range, range(2, 5)), "images without text")


def pdf_million(folder: Path) -> Result:
    """A PDF of a million bytes is read in time."""
    path = _pdf(folder / "film.pdf", printed(make_play(scenes=290, speeches=40, seed=3)))
    return _timed_reading(path)


def pdf_two_up(folder: Path) -> Result:
    """Two pages on each sheet."""
    canvas, sheet = Canvas(str(folder / "film.pdf"), pagesize=landscape(letter)), 0
    for page, row, indent, text in _rows(printed(play())):
        if page // 2 != sheet:
            canvas.showPage()
            sheet = page // 2
        canvas.setFont("Courier", 8)
        canvas.drawString(20 + 396 * (page % 2) + indent * 4.8, 560 - row * 9, text)
    canvas.save()
    return _judge_pdf(folder, folder / "film.pdf")


def pdf_scanned(folder: Path) -> Result:
    Image.new("L", (600, 800), 230).save(folder / "page.png")
    canvas = Canvas(str(folder / "film.pdf"), pagesize=letter)
    for _ in range(3):
        canvas.drawImage(str(folder / "page.png"), 0, 0, 612, 792)
        canvas.showPage()
    canvas.save()
    return _judge_pdf(folder, folder / "film.pdf", "scan|image|no text|contains no")


def pdf_plain(folder: Path) -> Result:
    return _judge_pdf(folder, _pdf(folder / "film.pdf", printed(play())), control=True)


def _fdx(kind: Callable[[str], str]) -> str:
    parts = []
    for scene in play().scenes:
        parts += [("Scene Heading", scene.heading), ("Action", scene.action)]
        for speech in scene.speeches:
            parts.append(("Character", speech.speaker))
            parts += [("Parenthetical", f"({speech.note})")] * bool(speech.note)
            parts.append(("Dialogue", speech.text))
    rows = [f'<Paragraph Type="{kind(k)}"><Text>{escape(text)}</Text></Paragraph>' for k, text in parts]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<FinalDraft DocumentType="Script" Version="5"><Content>\n'
    return head + "\n".join(rows) + "\n</Content></FinalDraft>\n"


def fdx_general(folder: Path) -> Result:
    return _judge(folder, _fdx(lambda kind: "General"), "film.fdx", f"General|{IMPLAUSIBLE}")


def fdx_foreign(folder: Path) -> Result:
    names = {
        "Scene Heading": "Szenenüberschrift",
        "Action": "Handlung",
        "Character": "Figur",
        "Parenthetical": "Klammer",
        "Dialogue": "Dialog",
    }
    return _judge(folder, _fdx(names.__getitem__), "film.fdx", f"Figur|paragraph type|{IMPLAUSIBLE}")


def fdx_cut_off(folder: Path) -> Result:
    text = _fdx(str)
    return _judge(
        folder, text[: len(text) * 2 // 3], "film.fdx", "damaged|incomplete|not a readable|XML|cut off"
    )


def fdx_plain(folder: Path) -> Result:
    return _judge(folder, _fdx(str), "film.fdx", control=True)


def _timed(folder: Path, hostile: str, name: str = "film.fountain") -> Result:
    """A script with a hostile passage at its end: read, and in linear time."""
    (script := folder / name).write_text(fountain(play()) + "\n\n" + hostile, encoding="utf-8")
    return _timed_reading(script)


def _timed_reading(script: Path) -> Result:
    """Whether a script is read in linear time."""
    began, megabytes = time.process_time(), max(script.stat().st_size / 1e6, 0.1)
    try:
        with _limited(1.5 * MAX_SECONDS_PER_MB * megabytes):
            read_screenplay(script)
    except (MoviemotionError, TimeoutError) as error:
        seen = str(error)
    else:
        seen = "read"
    seconds = time.process_time() - began
    per_mb = seconds / megabytes
    verdict = Verdict.RIGHT if per_mb <= MAX_SECONDS_PER_MB else Verdict.SILENT
    return Result(verdict, f"{seen} in {seconds:.1f} s ({per_mb:.1f} s per MB)")


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Stop after some seconds of processor time; regular expressions can be stopped, too."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError("stopped")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def long_blanks(folder: Path) -> Result:
    return _timed(folder, "A" + " \t" * 50_000 + "x\n\n" + " " * 100_000 + "(\n", "film.txt")


def open_marks(folder: Path) -> Result:
    return _timed(folder, "[[" * 60_000 + "\n\n" + "/*" * 60_000 + "\n\n" + "**_" * 40_000 + "\n")


def open_parentheses(folder: Path) -> Result:
    return _timed(folder, "MILA " + "(" * 100_000 + "\nHello.\n\n" + "MILA" + " (O.S.)" * 20_000 + "\nYes.\n")


def many_numbers(folder: Path) -> Result:
    return _timed(folder, "INT. " + "1A " * 60_000 + "#" * 50_000 + "\n\n" + "." * 100_000 + "\n")


def plain_fountain(folder: Path) -> Result:
    return _judge(folder, fountain(play()), "film.fountain", control=True)


def plain_text(folder: Path) -> Result:
    return _judge(folder, "\n".join(printed(play())), "film.txt", control=True)


def shouting(folder: Path) -> Result:
    """Action in capitals, signs and sounds."""
    rng = np.random.default_rng(9)
    sounds = ("BANG! The door.", "A SIGN reads: KEEP OUT.", "THE LAMP GOES OUT AND EVERYTHING IS DARK.")
    text = fountain(play(), action=lambda action: f"{action}\n\n{sounds[rng.integers(3)]}")
    return _judge(folder, text, "film.fountain", control=True)


CASES = [
    Case("scripts", name, built, judge, control)
    for name, judge, built, control in (
        ("french", french, "headings INTÉRIEUR – … – NUIT, printed", False),
        ("spanish", spanish, "headings INTERIOR. … NOCHE", False),
        ("polish", polish, "headings WNĘTRZE. and PLENER., printed", False),
        ("russian", russian, "headings ИНТ. and НАТ.", False),
        ("turkish", turkish, "headings İÇ. and DIŞ.", False),
        ("korean", korean, "headings S#1. … (밤)", False),
        ("dutch", dutch, "headings BINNEN. and BUITEN., printed", False),
        ("numbered", numbered, "headings with numbers on both sides, 12A", False),
        ("markdown_headings", markdown_headings, "headings ## 1. INT. …", False),
        ("underlined", underlined, "headings and cues in bold, underlined", False),
        ("toml_front", toml_front, "TOML front matter", False),
        ("dots", dots, "lines that begin with dots", False),
        ("song_in_flat_text", song_in_flat_text, "one column, but for three centered songs", False),
        ("tabs", tabs, "columns made by tabs", False),
        ("no_break_spaces", no_break_spaces, "columns made by no-break spaces", False),
        ("line_numbers", line_numbers, "a number before each line", False),
        ("stage_play", stage_play, "cues with a colon, SCENE 1.", False),
        ("continued", continued, "(SUITE), (FORTS.), (WEITER) after cues", False),
        ("double_encoded", double_encoded, "UTF-8 taken for Windows-1252 and saved as UTF-8", False),
        ("utf16_unmarked", utf16_unmarked, "UTF-16 without a mark", False),
        ("mac_roman", mac_roman, "Mac Roman with line ends of an old Mac", False),
        ("invisible", invisible, "zero-width spaces and soft hyphens in headings and cues", False),
        ("line_separators", line_separators, "Unicode line separators", False),
        ("form_feeds", form_feeds, "form feeds and vertical tabs", False),
        ("any_script", any_script, "emoji, Arabic, Chinese and musical signs", False),
        ("pdf_names", pdf_names, "PDF with the reader's name, in Courier, in six places", False),
        ("pdf_upright_mark", pdf_upright_mark, "PDF with large upright words behind the text", False),
        ("pdf_shadow", pdf_shadow, "PDF whose capitals are drawn three times", False),
        ("pdf_blank_after_cue", pdf_blank_after_cue, "PDF with a blank line after each cue", False),
        (
            "pdf_pages_end_anywhere",
            pdf_pages_end_anywhere,
            "PDF whose pages end between a cue and its speech",
            False,
        ),
        ("pdf_letters", pdf_letters, "PDF that places each letter by itself", False),
        ("pdf_stars_left", pdf_stars_left, "PDF with stars in the left margin", False),
        ("pdf_bars", pdf_bars, "PDF with bars in the right margin", False),
        ("pdf_tilted", pdf_tilted, "PDF whose pages are tilted by up to 1.8 degrees", False),
        ("pdf_proportional", pdf_proportional, "PDF in Times", False),
        ("pdf_colored_names", pdf_colored_names, "PDF with one name in light blue", False),
        ("pdf_underlined", pdf_underlined, "PDF with headings underlined by underscores", False),
        ("pdf_reversed", pdf_reversed, "PDF with its last page first", False),
        ("pdf_part_scanned", pdf_part_scanned, "PDF with three pages as images", False),
        ("pdf_million", pdf_million, "PDF of a million bytes", False),
        ("pdf_two_up", pdf_two_up, "PDF with two pages on each sheet", False),
        ("pdf_scanned", pdf_scanned, "a scanned PDF", False),
        ("fdx_general", fdx_general, "Final Draft, every paragraph is General", False),
        ("fdx_foreign", fdx_foreign, "Final Draft, German paragraph types", False),
        ("fdx_cut_off", fdx_cut_off, "Final Draft, cut off after two thirds", False),
        ("long_blanks", long_blanks, "100,000 blanks in a line", False),
        ("open_marks", open_marks, "60,000 open notes, comments and emphases", False),
        ("open_parentheses", open_parentheses, "100,000 parentheses after a cue", False),
        ("many_numbers", many_numbers, "a heading of 60,000 numbers", False),
        ("plain_fountain", plain_fountain, "Fountain", True),
        ("plain_text", plain_text, "plain text", True),
        ("pdf_plain", pdf_plain, "PDF", True),
        ("fdx_plain", fdx_plain, "Final Draft", True),
        ("shouting", shouting, "action in capitals", True),
    )
]
