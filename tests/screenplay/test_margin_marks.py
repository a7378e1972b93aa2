"""Line numbers, the marks of quoted mail, and Markdown: the script is read as if they were not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from wild_layouts import flat, sheets, synthetic_script, text_of, typed

from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.formats.margin_marks import without_margin_marks

SCRIPT = typed(synthetic_script(scenes=30, seed=8))
TEXTS = {"indented": text_of(SCRIPT), "flat": text_of(flat(SCRIPT))}
Mark = Callable[[list[str]], list[str]]


def numbered(form: str) -> Mark:
    return lambda lines: [form.format(number, line) for number, line in enumerate(lines, 1)]


def inked_only(lines: list[str]) -> list[str]:
    number, found = 0, list[str]()
    for line in lines:
        number += bool(line.strip())
        found.append(f"{number:6d}\t{line}" if line.strip() else "")
    return found


def every(step: int, form: str, other: str) -> Mark:
    return lambda lines: [
        (other if number % step else form).format(number, line) for number, line in enumerate(lines, 1)
    ]


def on_each_page(lines: list[str]) -> list[str]:
    return [
        f"\f{k:>3}  {line}" if k == 1 and at else f"{k:>3}  {line}"
        for at, line in enumerate(lines)
        for k in (at % 54 + 1,)
    ]


def revised(mark: str, side: str) -> Mark:
    """A revision mark on every fourth line, and on some that are blank."""

    def marked(lines: list[str]) -> list[str]:
        form = "{1:<4} {0}" if side == "left" else "{0:<78}  {1}"
        return [form.format(line, "" if at % 4 else mark).rstrip() for at, line in enumerate(lines)]

    return marked


MARKS: dict[str, Mark] = {
    "right-aligned": numbered("{:>5}  {}"),
    "left-aligned": numbered("{:<5} {}"),
    "one blank": numbered("{} {}"),
    "colon": numbered("{}: {}"),
    "period": numbered("{}. {}"),
    "zeros": numbered("{:05d}  {}"),
    "bar": numbered("{:>4} | {}"),
    "tab": numbered("{:6d}\t{}"),
    "lines with text only": inked_only,
    "every fifth": every(5, "{:>4}  {}", "      {1}"),
    "at right": numbered("{1:<78}  {0}"),
    "every tenth, at right": every(10, "{1:<78}  {0}", "{1}"),
    "on both sides": numbered("{0:>4}  {1:<78}  {0}"),
    "on each page": on_each_page,
    "every fifth, on each page": lambda lines: [
        f"{at % 54 + 1 if at % 54 % 5 == 4 and line.strip() else '':>4}  {line}".replace("\f", "")
        if at % 54 or not at
        else f"\f      {line}"
        for at, line in enumerate(lines)
    ],
    "stars at right": revised("*", "right"),
    "stars at left": revised("*", "left"),
    "stars on both sides": lambda lines: revised("*", "left")(revised("*", "right")(lines)),
    "bars at right": revised("|", "right"),
    "bars at left": revised("|", "left"),
    "letters at right": revised("(B)", "right"),
    "stars with letters": revised("*B", "right"),
    "mail": lambda lines: [f"> {line}" for line in lines],
    "mail, quoted twice": lambda lines: [f"> > {line}" for line in lines],
    "mail, blank lines without a blank": lambda lines: [f"> {line}".rstrip() for line in lines],
}


def content(path: Path) -> list[tuple[str, str, str | None]]:
    return [(e.kind, e.text, e.character) for e in read_screenplay(path).elements]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("layout", TEXTS)
def test_marked_scripts_are_read_like_others(tmp_path: Path, layout: str, mark: str) -> None:
    plain, marked = tmp_path / "plain.txt", tmp_path / "marked.txt"
    lines = TEXTS[layout].rstrip("\n").split("\n")
    plain.write_text("\n".join(lines), encoding="utf-8")
    marked.write_text("\n".join(MARKS[mark](lines)), encoding="utf-8")
    assert content(marked) == content(plain)


@pytest.mark.parametrize("mark", ["right-aligned", "one blank", "mail", "at right"])
def test_marked_fountain(tmp_path: Path, mark: str) -> None:
    plain, marked = tmp_path / "plain.fountain", tmp_path / "marked.fountain"
    (tmp_path / "film.txt").write_text(TEXTS["flat"], encoding="utf-8")
    text = "Title: The Spoon\nAuthor: A. B.\n\n" + write_fountain(read_screenplay(tmp_path / "film.txt"))
    plain.write_text(text, encoding="utf-8")
    marked.write_text("\n".join(MARKS[mark](text.rstrip("\n").split("\n"))), encoding="utf-8")
    assert content(marked) == content(plain)
    assert read_screenplay(marked).title == read_screenplay(plain).title


def test_numbers_of_scenes_and_pages_stay() -> None:
    pages = "\n\f".join(text_of(sheet) + f"\n{n}." for n, sheet in enumerate(sheets(SCRIPT), 1))
    scenes = [f"{n}  INT. ROOM {n} - DAY\n\nANNA\n{n} is a number." for n in range(1, 60)]
    for text in (pages, "\n\n".join(scenes)):
        lines = tuple(text.split("\n"))
        assert without_margin_marks(lines) == lines


def test_signs_inside_the_text_stay() -> None:
    shopping = [f"{' ' * 10}*  {n} eggs" if n % 3 else f"{' ' * 10}She writes." for n in range(40)]
    table = [f"{'word ' * (3 + n % 9)}  |" for n in range(40)]
    for text in (shopping, table):
        assert without_margin_marks(text) == tuple(text)


@pytest.mark.parametrize("form", ["# {}", "## {}", "### {0}", "* {}", "- {}", "> {}", "## 7. {}", "# **{}**"])
@pytest.mark.parametrize("suffix", [".fountain", ".txt"])
def test_headings_in_markdown(tmp_path: Path, form: str, suffix: str) -> None:
    scenes = (f"{form.format(f'INT. ROOM {n} - DAY')}\n\nShe waits.\n\nANNA\nYes, {n}." for n in range(8))
    path = tmp_path / f"film{suffix}"
    path.write_text("\n\n".join(scenes), encoding="utf-8")
    read = read_screenplay(path).elements
    assert [e.text for e in read if e.kind is ElementKind.SCENE_HEADING] == [
        f"INT. ROOM {n} - DAY" for n in range(8)
    ]
    assert sum(e.kind is ElementKind.DIALOGUE for e in read) == 8


def test_sections_stay_sections_beside_headings(tmp_path: Path) -> None:
    path = tmp_path / "film.fountain"
    path.write_text("# INT. HOUSE\n\nINT. HOUSE - DAY\n\nShe waits.\n\nANNA\nYes.\n", encoding="utf-8")
    kinds = [element.kind for element in read_screenplay(path).elements]
    assert kinds[:2] == [ElementKind.SECTION, ElementKind.SCENE_HEADING]
