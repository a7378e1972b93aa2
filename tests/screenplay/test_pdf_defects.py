"""PDFs with text that does not belong to the script, and with characters drawn several times."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pytest
from PIL import Image
from refusal import refused_in_one_line
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from wild_layouts import Line, sheets, synthetic_script, typed

from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.read_back import read_back

CASES = Path(__file__).parents[3] / "shared" / "cases" / "scripts"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases/scripts")
PAGES = sheets(typed(synthetic_script(scenes=20, seed=5)))
Draw = Callable[[Canvas, float, float, Line], None]
Stamp = Callable[[Canvas], None]


def plain(canvas: Canvas, x: float, y: float, line: Line) -> None:
    canvas.drawString(x, y, line.text)


def several_times(*shifts: tuple[float, float], bold: bool = False) -> Draw:
    """Draw characters and headings (or everything) once more for each shift."""

    def draw(canvas: Canvas, x: float, y: float, line: Line) -> None:
        plain(canvas, x, y, line)
        if not bold or line.kind in (ElementKind.CHARACTER, ElementKind.SCENE_HEADING):
            for right, up in shifts:
                canvas.drawString(x + right, y + up, line.text)

    return draw


def letter_by_letter(canvas: Canvas, x: float, y: float, line: Line) -> None:
    """Each character twice in a row, as some printer drivers do."""
    for k, letter in enumerate(line.text):
        canvas.drawString(x + 7.2 * k, y, letter)
        canvas.drawString(x + 7.2 * k + 0.7, y, letter)


def stamped(words: str, face: str, size: float, gray: float, angle: float, x: float, y: float) -> Stamp:
    def stamp(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFillGray(gray)
        canvas.setFont(face, size)
        canvas.translate(x, y)
        canvas.rotate(angle)
        canvas.drawCentredString(0, 0, words)
        canvas.restoreState()

    return stamp


def grid_of_names(canvas: Canvas) -> None:
    for x in range(50, 600, 150):
        for y in range(50, 750, 60):
            stamped("R. OSK 4711", "Courier", 12, 0.6, 30, x, y)(canvas)


def names_in_the_face_of_the_script(canvas: Canvas) -> None:
    for k in range(6):
        stamped("J. OSK 47", "Courier", 12, 0.75, 0, 100 + 60 * k, 90 + 105 * k)(canvas)


def page_rotation(degrees: int) -> Stamp:
    """Turn the page, and its contents back, as some scanners and drivers do."""

    def turn(canvas: Canvas) -> None:
        canvas.setPageRotation(degrees)
        canvas.rotate(degrees)
        canvas.translate(*{90: (0, -612), 180: (-612, -792), 270: (-792, 0)}[degrees])

    return turn


def no_stamp(canvas: Canvas) -> None:
    return None


def print_script(
    path: Path,
    draw: Draw = plain,
    stamp: Stamp = no_stamp,
    gap: Callable[[int], float] = lambda cue: 0.0,
    size: tuple[float, float] = (612, 792),
    face: str = "Courier",
    pages: Sequence[Sequence[Line]] = PAGES,
) -> Path:
    """Print the script, with `gap(n)` additional lines below the n-th character name."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    cue = 0
    for page in pages:
        stamp(canvas)
        row = 0.0
        for line in page:
            canvas.setFont(face, 12)
            if line.text:
                draw(canvas, 7.2 * line.indent, 740 - 12 * row, line)
            row += 1
            if line.kind is ElementKind.CHARACTER:
                cue += 1
                row += gap(cue)
        canvas.showPage()
    canvas.save()
    path.write_bytes(out.getvalue())
    return path


def content(path: Path) -> list[tuple[str, str, str | None]]:
    return [(e.kind, e.text, e.character) for e in read_screenplay(path).elements]


@pytest.mark.parametrize(
    "stamp",
    [
        stamped("R. OSK 4711", "Helvetica-Bold", 54, 0.8, 45, 306, 396),
        stamped("DRAFT", "Courier", 12, 0, 30, 306, 400),
        stamped("CONFIDENTIAL", "Helvetica-Bold", 60, 0.85, 0, 306, 400),
        stamped("Printed for R. Osk only", "Helvetica", 12, 0.7, 0, 306, 410.5),
        stamped("COPY NO 47", "Times-Roman", 30, 0, 0, 306, 433),
        stamped("r.osk@example.org 2026-11-03", "Courier", 9, 0, 90, 30, 400),
        grid_of_names,
        names_in_the_face_of_the_script,
    ],
    ids=["diagonal", "diagonal, black", "large", "light", "large, black", "upright", "grid", "same face"],
)
def test_watermarks_are_not_read(tmp_path: Path, stamp: Stamp) -> None:
    marked = print_script(tmp_path / "marked.pdf", stamp=stamp)
    assert content(marked) == content(print_script(tmp_path / "plain.pdf"))


@pytest.mark.parametrize(
    "draw",
    [
        several_times((0.0, 0.0), bold=True),
        several_times((0.6, 0.0), bold=True),
        several_times((1.8, -0.6)),
        several_times((0.3, 0.0), (0.6, 0.0), (0.9, 0.3)),
        letter_by_letter,
    ],
    ids=["same place", "shifted", "shadow", "four times", "letter by letter"],
)
def test_characters_that_are_drawn_twice_are_read_once(tmp_path: Path, draw: Draw) -> None:
    drawn = print_script(tmp_path / "twice.pdf", draw)
    assert content(drawn) == content(print_script(tmp_path / "plain.pdf"))


@pytest.mark.parametrize(
    "gap",
    [lambda cue: 1.0, lambda cue: 0.5, lambda cue: cue % 2, lambda cue: cue % 5 == 0, lambda cue: 2.0],
    ids=["one line", "half a line", "every second", "every fifth", "two lines"],
)
def test_blank_lines_under_names(tmp_path: Path, gap: Callable[[int], float]) -> None:
    spaced = print_script(tmp_path / "spaced.pdf", gap=gap)
    assert content(spaced) == content(print_script(tmp_path / "plain.pdf"))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pages(tmp_path: Path, degrees: int) -> None:
    size = (612, 792) if degrees == 180 else (792, 612)
    turned = print_script(tmp_path / "turned.pdf", stamp=page_rotation(degrees), size=size)
    assert content(turned) == content(print_script(tmp_path / "plain.pdf"))


@pytest.mark.parametrize("face", ["Times-Roman", "Helvetica"])
def test_proportional_type(tmp_path: Path, face: str) -> None:
    printed = print_script(tmp_path / "proportional.pdf", face=face)
    assert content(printed) == content(print_script(tmp_path / "plain.pdf"))


def shaken(canvas: Canvas, x: float, y: float, line: Line) -> None:
    """Each character a little off its place, as in recognized scans."""
    for k, letter in enumerate(line.text):
        if letter != " ":
            off = (7 * k + 3 * len(line.text)) % 5 - 2
            canvas.drawString(x + 7.2 * k + 0.25 * off, y + 0.4 * off, letter)


def test_characters_off_their_places(tmp_path: Path) -> None:
    assert content(print_script(tmp_path / "a.pdf", shaken)) == content(print_script(tmp_path / "b.pdf"))


@pytest.mark.parametrize("degrees", [-1.2, 0.6, 1.5, 91.0])
def test_tilted_scans(tmp_path: Path, degrees: float) -> None:
    def tilt(canvas: Canvas) -> None:
        canvas.translate(306, 396)
        canvas.rotate(degrees)
        canvas.translate(-306, -396)

    tilted = print_script(tmp_path / "tilted.pdf", stamp=tilt)
    assert content(tilted) == content(print_script(tmp_path / "plain.pdf"))


@pytest.mark.parametrize("rows", [31, 40, 54, 55])
def test_pages_may_end_anywhere(tmp_path: Path, rows: int) -> None:
    """Printed by a program that knows nothing of scripts, also between a cue and its speech."""
    lines = [line for page in PAGES for line in page]
    pages = [lines[at : at + rows] for at in range(0, len(lines), rows)]
    spoken = (ElementKind.CHARACTER, ElementKind.PARENTHETICAL, ElementKind.DIALOGUE)
    cut, whole = (
        [element for element in content(path) if element[0] in spoken]
        for path in (print_script(tmp_path / "cut.pdf", pages=pages), print_script(tmp_path / "plain.pdf"))
    )
    assert cut == whole


def test_a_name_at_the_top_of_most_pages_is_no_header(tmp_path: Path) -> None:
    speech = [Line(ElementKind.CHARACTER, "MARTA", 37), Line(ElementKind.DIALOGUE, "Never the lamp.", 25)]
    other = [Line(ElementKind.CHARACTER, "IVO", 37), Line(ElementKind.DIALOGUE, "Always the lamp.", 25)]
    page = [line for said in (speech, other) * 6 for line in (*said, Line(None, ""))]
    printed = print_script(tmp_path / "film.pdf", pages=[page] * 8)
    assert [who for kind, _, who in content(printed) if kind == "dialogue"] == ["MARTA", "IVO"] * 48


@pytest.mark.parametrize(
    "form",
    [
        "2026-11-03 {n}:15      Page {n} of 20",
        "(c) R. Osk. Not to be copied.",
        "THE SPOON   BLUE REV. {n}/11/26",
        '"The Spoon" - Pink Draft - 3 November 2026',
    ],
)
@pytest.mark.parametrize("top", [True, False])
def test_headers_and_footers_on_every_page(tmp_path: Path, form: str, top: bool) -> None:
    number = iter(range(1, 1000))

    def stamp(canvas: Canvas) -> None:
        canvas.setFont("Courier", 12)
        canvas.drawString(108, 770 if top else 6, form.format(n=next(number)))

    lines = [line for page in PAGES for line in page]
    pages = [lines[at : at + 50] for at in range(0, len(lines), 50)]
    headed = print_script(tmp_path / "headed.pdf", stamp=stamp, pages=pages)
    assert content(headed) == content(print_script(tmp_path / "plain.pdf", pages=pages))


def underlined(canvas: Canvas, x: float, y: float, line: Line) -> None:
    plain(canvas, x, y, line)
    if line.kind is ElementKind.SCENE_HEADING:
        canvas.drawString(x, y - 1, "_" * len(line.text))


def in_color(canvas: Canvas, x: float, y: float, line: Line) -> None:
    """One speaker's name in a light color, as for a table reading."""
    canvas.saveState()
    if line.kind is ElementKind.CHARACTER and line.text.startswith("MARTA"):
        canvas.setFillColorRGB(0.6, 0.75, 0.95)
    plain(canvas, x, y, line)
    canvas.restoreState()


@pytest.mark.parametrize("draw", [underlined, in_color])
def test_highlighted_lines(tmp_path: Path, draw: Draw) -> None:
    drawn = print_script(tmp_path / "highlighted.pdf", draw)
    assert content(drawn) == content(print_script(tmp_path / "plain.pdf"))


def print_numbered(path: Path, order: Sequence[int], scans: Collection[int] = ()) -> Path:
    """Print numbered pages in some order; some are images."""
    canvas = Canvas(str(path), pagesize=(612, 792))
    image = ImageReader(Image.new("L", (60, 80), 220))
    for at in order:
        canvas.setFont("Courier", 12)
        if at in scans:
            canvas.drawImage(image, 0, 0, 612, 792)
            canvas.drawString(20, 5, "Scanned on 3 November 2026")
        else:
            canvas.drawString(540, 770, f"{at + 1}.")
            for row, line in enumerate(PAGES[at]):
                canvas.drawString(7.2 * line.indent, 740 - 12 * row, line.text)
        canvas.showPage()
    canvas.save()
    return path


LAST = len(PAGES) - 1
FOLDED = [page for k in range(LAST) for page in ((LAST - k, k) if k % 2 == 0 else (k, LAST - k))]
ORDERS = {
    "in order": [*range(len(PAGES))],
    "reversed": [*range(len(PAGES))][::-1],
    "odd pages first": [*range(0, len(PAGES), 2), *range(1, len(PAGES), 2)],
    "booklet": list(dict.fromkeys(FOLDED)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_read_in_the_order_of_their_numbers(tmp_path: Path, order: str) -> None:
    printed = print_numbered(tmp_path / "film.pdf", ORDERS[order])
    assert content(printed) == content(print_script(tmp_path / "plain.pdf"))


def test_pages_of_two_parts_stay_in_order(tmp_path: Path) -> None:
    """Both parts count from 1."""
    half = len(PAGES) // 2
    printed = print_numbered(tmp_path / "film.pdf", [*range(half), *range(half)])
    spoken = [text for _, text, _ in content(printed)]
    assert spoken[: len(spoken) // 2] == spoken[len(spoken) // 2 :]


def test_scanned_pages_are_reported(tmp_path: Path) -> None:
    order = ORDERS["in order"]
    mixed = read_screenplay(print_numbered(tmp_path / "mixed.pdf", order, range(3, 7)))
    assert [doubt for doubt in read_back(mixed).doubts if "4 pages in it are images" in doubt]
    cover = read_screenplay(print_numbered(tmp_path / "cover.pdf", order, range(1)))
    assert not read_back(cover).doubts
    with refused_in_one_line(tmp_path / "scan.pdf", "images without text"):
        read_screenplay(print_numbered(tmp_path / "scan.pdf", order, order))


@needs_cases
def test_reported_cases() -> None:
    assert content(CASES / "pdf_watermark/watermark.pdf") == content(CASES / "pdf_watermark/plain.pdf")
    twice = content(CASES / "bold_twice/fakebold.pdf")
    assert {character for _, _, character in twice} == {None, "ANN", "BOB"}
    assert ("dialogue", "Hi. I have brought the bread you like.", "BOB") in twice
