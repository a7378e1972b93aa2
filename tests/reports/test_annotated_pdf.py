from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest
import reportlab
from test_annotate import screenplay_of, with_emotions_everywhere

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.reports.script.annotated_pdf import annotated_pdf, replaced_characters
from moviemotion.reports.script.page_layout import LINES_PER_PAGE, paginate
from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay

PATH_OBJECT = pypdfium2.raw.FPDF_PAGEOBJ_PATH
SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
SPEECH = "IVO\n" + "I knocked and I knocked and nobody came to the door. " * 60
SCRIPT = f"""Title: The Second Spoon

INT. KITCHEN - NIGHT #7#

MARTA lays a _table_ for two.

MARTA
(to the coat)
You are late.

BO
Now!

ANNA ^
Never!

{SPEECH}

===

EXT. CLIFF - DAWN

{"The wind goes round the house. " * 30}

ANNA
Wind.
"""


def without_emotions(base: Analysis, source: str) -> Analysis:
    annotated = with_emotions_everywhere(base, screenplay_of(source))
    assert annotated.script is not None
    nothing = tuple(replace(line, emotion=None) for line in annotated.element_emotions)
    return replace(annotated, title=annotated.script.screenplay.title, element_emotions=nothing)


def text_of(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]


def test_labels_are_printed_beside_the_lines(make: Callable[..., Analysis]) -> None:
    pages = text_of(
        annotated_pdf(with_emotions_everywhere(make(moments=1), screenplay_of(SCRIPT), cut=frozenset({1})))
    )
    assert "with the audience's emotions" in pages[0]
    assert "happy 0.62" in pages[1]
    assert "not in the film" in pages[1]
    assert "MOMENT 1" in pages[1]


def test_the_pages_parse_to_the_script_they_were_made_from(
    make: Callable[..., Analysis], tmp_path: Path
) -> None:
    analysis = without_emotions(make(moments=0), SCRIPT)
    path = tmp_path / "film.pdf"
    path.write_bytes(annotated_pdf(analysis))
    again = read_screenplay(path)
    assert analysis.script is not None
    expected = [e for e in analysis.script.screenplay.elements if e.kind is not ElementKind.PAGE_BREAK]
    assert [
        (e.kind, " ".join(e.text.split()), e.scene, e.character, e.dual, e.number) for e in again.elements
    ] == [(e.kind, " ".join(e.text.split()), e.scene, e.character, e.dual, e.number) for e in expected]
    assert any("(MORE)" in page for page in text_of(path.read_bytes()))


def test_pages_are_full_and_no_heading_or_cue_ends_one() -> None:
    scene = "INT. A - DAY\n\nShe waits for a long while by the window.\n\nANNA\n(low)\nNow.\n\n"
    elements = screenplay_of(scene * 60).elements
    pages = paginate(elements)
    assert len(pages) > 5
    for page in pages:
        assert LINES_PER_PAGE - 6 <= len(page) <= LINES_PER_PAGE or page is pages[-1]
        last = page[-1][0].element
        assert last is not None
        assert elements[last].kind in (ElementKind.ACTION, ElementKind.DIALOGUE)


def test_the_cover_keeps_the_title_page(make: Callable[..., Analysis]) -> None:
    analysis = replace(make(), cut="cut 3", date="2026-11-29")
    assert analysis.script is not None
    page = (
        ("Title", "The Second Spoon"),
        ("Credit", "written by"),
        ("Author", "Ana Novak"),
        ("Draft date", "3rd draft"),
        ("Contact", "12 Harbour Street\nana\\_novak@example.com"),
    )
    screenplay = replace(analysis.script.screenplay, title_page=page)
    (cover, *_) = text_of(
        annotated_pdf(replace(analysis, script=replace(analysis.script, screenplay=screenplay)))
    )
    for text in (
        "The Second Spoon",
        "written by",
        "Ana Novak",
        "3rd draft",
        "12 Harbour Street",
        "ana_novak@example.com",
        "cut 3, screened 2026-11-29",
    ):
        assert text in cover


def test_the_cover_warns_of_results_that_may_be_wrong(make: Callable[..., Analysis]) -> None:
    problems = (
        Problem("doubles", Harm.WRONG, "one person was seen twice", "seat-01"),
        Problem("other", Harm.NOTE, "a note"),
    )
    (cover, *_) = text_of(annotated_pdf(make(problems=problems)))
    assert "Results may be wrong: seat-01: one person was seen twice." in " ".join(cover.split())
    assert "a note" not in cover


def moment_bars(pdf: bytes) -> list[tuple[int, float]]:
    """Page and length of each bar of a moment, in points."""
    return [
        (number, top - foot)
        for number, page in enumerate(pypdfium2.PdfDocument(pdf))
        for left, foot, right, top in (shape.get_bounds() for shape in page.get_objects([PATH_OBJECT]))
        if 76 < left < 78 and right < 81
    ]


def test_a_bar_extends_over_all_lines_of_a_moment(make: Callable[..., Analysis]) -> None:
    analysis = make(moments=1)
    assert analysis.script is not None
    ((number, length),) = moment_bars(annotated_pdf(analysis))
    rows = [
        row
        for row, line in enumerate(paginate(analysis.script.screenplay.elements)[number - 1])
        for run in line
        if run.element in analysis.moment_elements[0]
    ]
    assert len(set(rows)) > 4
    assert length == pytest.approx(12 * (max(rows) - min(rows)) + 11.5)
    assert moment_bars(annotated_pdf(make(moments=0))) == []


def test_the_cover_says_that_there_were_not_enough_viewers(make: Callable[..., Analysis]) -> None:
    few = make(viewers=3, conclusive=False)
    (cover, *_) = text_of(annotated_pdf(few))
    assert f"Not enough viewers. {few.moment_search.conclusion}" in " ".join(cover.split())
    assert "Not enough" not in text_of(annotated_pdf(make()))[0]


def test_the_same_analysis_gives_the_same_bytes(analysis: Analysis) -> None:
    annotated = with_emotions_everywhere(analysis, screenplay_of(SCRIPT))
    assert annotated_pdf(annotated) == annotated_pdf(annotated)


@pytest.mark.parametrize(
    "words",
    [
        "Кухня. Да — нет.",
        "Κουζίνα",
        "őűłŞğİ − ‐ ♪ □",
        "카페에서 만나요",
        "喫茶店で。",
        "咖啡馆",
        "Hé “so” … €",
    ],
)
def test_letters_that_courier_lacks(analysis: Analysis, words: str) -> None:
    annotated = with_emotions_everywhere(analysis, screenplay_of(f"INT. A\n\nANNA\n{words}"))
    assert "".join(words.split()) in "".join(text_of(annotated_pdf(annotated))[1].split())
    assert replaced_characters(annotated) == []


def test_no_character_prevents_the_pdf(analysis: Analysis) -> None:
    odd = "".join(map(chr, (*range(32, 0x3000, 7), 0x7F, 0x97, 0xE000, 0x1F600, 0x20000, 0xFFFF)))
    annotated = with_emotions_everywhere(analysis, screenplay_of(f"INT. A\n\nANNA\nOne {odd} two ☃ שלום"))
    text = "".join("".join(text_of(annotated_pdf(annotated))).split())
    assert "One" in text
    assert "two" in text
    assert "????" in text
    assert {"ש", "😀"} <= set(replaced_characters(annotated))


def test_another_font(analysis: Analysis, tmp_path: Path) -> None:
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    annotated = with_emotions_everywhere(analysis, screenplay_of("INT. КУХНЯ\n\nHé."))
    assert "Hé" in text_of(annotated_pdf(annotated, vera))[1]
    assert "КУХНЯ" in text_of(annotated_pdf(annotated, vera))[1]
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    with pytest.raises(MoviemotionError, match="font cannot be read"):
        annotated_pdf(annotated, tmp_path / "bad.ttf")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")
def test_big_fish_is_printed_and_parsed_again(make: Callable[..., Analysis], tmp_path: Path) -> None:
    analysis = without_emotions(make(moments=0), (SHARED / "Big-Fish.fountain").read_text(encoding="utf-8"))
    path = tmp_path / "film.pdf"
    path.write_bytes(annotated_pdf(analysis))
    assert analysis.script is not None

    def spoken(elements: tuple[Element, ...]) -> list[tuple[int, str | None, str]]:
        said = (e for e in elements if e.kind in (ElementKind.DIALOGUE, ElementKind.SCENE_HEADING))
        return [(e.scene, e.character, " ".join(e.text.split())) for e in said]

    assert spoken(read_screenplay(path).elements) == spoken(analysis.script.screenplay.elements)
