"""Formats that other programs and packages add to the registry."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.formats.format_registry import (
    BUILT_IN_FORMATS,
    HEAD_BYTES,
    ScreenplayFormat,
    available_formats,
    is_fountain,
    read_screenplay,
    register_format,
    unregister_format,
)
from moviemotion.screenplay.formats.fountain import screenplay_from_fountain

FOUNTAIN_TEXT = "Title: The Kite\n\nINT. SHED - DAY\n\nANNA\nIt is torn.\n"
KINDS = [ElementKind.SCENE_HEADING, ElementKind.CHARACTER, ElementKind.DIALOGUE]

INSTALLED_FORMAT = """
from moviemotion.screenplay import ElementKind, Element, Screenplay

class CardFormat:
    name = "Card"
    suffixes = (".card",)

    def matches(self, path, head):
        return head.startswith(b"CARD")

    def read(self, path):
        lines = tuple(path.read_text().splitlines())
        return Screenplay(path.stem, path, lines, (Element(ElementKind.DIALOGUE, lines[1], 2, 1, 0, "ANNA"),))
"""


class BundleFormat:
    """A zip file with a Fountain text in it, as Highland writes it."""

    name = "Bundle"
    suffixes = (".bundle",)

    def matches(self, path: Path, head: bytes) -> bool:
        return path.suffix.lower() in self.suffixes

    def read(self, path: Path) -> Screenplay:
        with zipfile.ZipFile(path) as bundle:
            return screenplay_from_fountain(bundle.read("text.fountain").decode(), path)


@pytest.fixture
def registered() -> Iterator[BundleFormat]:
    bundle = BundleFormat()
    register_format(bundle)
    yield bundle
    unregister_format(bundle)


def write_bundle(path: Path, text: str = FOUNTAIN_TEXT) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("text.fountain", text)
    return path


def install(site: Path, package: str, code: str) -> None:
    """Write an installed package into a folder: a module, and what an installer records about it."""
    module = package.replace("-", "_")
    record = site / f"{module}-1.2.dist-info"
    record.mkdir(parents=True)
    (site / f"{module}.py").write_text(code)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (record / "entry_points.txt").write_text(
        f"[moviemotion.screenplay_formats]\ncard = {module}:CardFormat\n"
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which packages can be imported during one test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()
    return folder


def one_line_error(path: Path) -> str:
    with pytest.raises(MoviemotionError) as caught:
        read_screenplay(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_registered_format_is_read_by_its_suffix(tmp_path: Path, registered: BundleFormat) -> None:
    assert isinstance(registered, ScreenplayFormat)
    path = write_bundle(tmp_path / "kite.bundle")
    screenplay = read_screenplay(path)
    assert screenplay.title == "The Kite"
    assert [element.kind for element in screenplay.elements] == KINDS
    assert available_formats()[0] is registered
    # Its source lines are not known to be Fountain, so notes are not inserted into them.
    assert not is_fountain(path, screenplay.source)


def test_without_the_format_its_file_is_refused(tmp_path: Path) -> None:
    assert available_formats() == BUILT_IN_FORMATS
    assert "this is a word-processor document or a ZIP file" in one_line_error(
        write_bundle(tmp_path / "kite.bundle")
    )


def test_a_registered_format_can_replace_a_built_in_one(tmp_path: Path, registered: BundleFormat) -> None:
    path = tmp_path / "film.fountain"
    path.write_text(FOUNTAIN_TEXT)
    assert read_screenplay(path).title == "The Kite"

    class SecondFountain(BundleFormat):
        suffixes = (".fountain",)

        def read(self, path: Path) -> Screenplay:
            return screenplay_from_fountain(path.read_text().replace("Kite", "Key"), path)

    second = SecondFountain()
    register_format(second)
    try:
        assert read_screenplay(path).title == "The Key"
    finally:
        unregister_format(second)
    assert read_screenplay(path).title == "The Kite"


def test_a_registered_format_can_read_a_suffix_that_is_refused_otherwise(tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "film.docx")
    assert ".docx scripts cannot be read" in one_line_error(path)

    class WordFormat(BundleFormat):
        suffixes = (".docx",)

    word = WordFormat()
    register_format(word)
    try:
        assert read_screenplay(path).title == "The Kite"
    finally:
        unregister_format(word)


def test_a_format_sees_the_beginning_of_the_file(tmp_path: Path) -> None:
    heads: list[bytes] = []

    class Listening(BundleFormat):
        def matches(self, path: Path, head: bytes) -> bool:
            heads.append(head)
            return False

    path = tmp_path / "film.fountain"
    path.write_text(FOUNTAIN_TEXT + "Wind. " * HEAD_BYTES)
    listening = Listening()
    register_format(listening)
    try:
        read_screenplay(path)
        with pytest.raises(MoviemotionError, match="no such file"):
            read_screenplay(tmp_path / "missing.fountain")
    finally:
        unregister_format(listening)
    assert heads == [path.read_bytes()[:HEAD_BYTES], b""]


def test_an_installed_package_adds_a_format(tmp_path: Path, site: Path) -> None:
    install(site, "card-scripts", INSTALLED_FORMAT)
    path = tmp_path / "film.txt"
    path.write_text("CARD\nIt is torn.\n")
    screenplay = read_screenplay(path)
    assert [element.text for element in screenplay.elements] == ["It is torn."]
    assert [known.name for known in available_formats()] == [
        "Card",
        *(known.name for known in BUILT_IN_FORMATS),
    ]


def test_the_formats_are_listed_where_a_file_is_no_screenplay(
    tmp_path: Path, registered: BundleFormat
) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary,\n\ntoday nothing happened.\n")
    message = one_line_error(path)
    assert "Bundle (.bundle), Final Draft (.fdx), PDF (.pdf), Fountain (.fountain, .spmd)" in message


@pytest.mark.parametrize(
    ("package", "code", "problem"),
    [
        ("card-import", "import no_such_module", "cannot be loaded .ModuleNotFoundError"),
        ("card-division", "CardFormat = 1 / 0", "cannot be loaded .ZeroDivisionError"),
        ("card-empty", "", "cannot be loaded .AttributeError"),
        ("card-syntax", "def CardFormat(:", "cannot be loaded .SyntaxError"),
        (
            "card-argument",
            "class CardFormat:\n    def __init__(self, x): pass",
            "cannot be loaded .TypeError",
        ),
        ("card-members", "class CardFormat: name = 'Card'", "it lacks suffixes and matches and read"),
        ("card-suffix", INSTALLED_FORMAT.replace('(".card",)', '".card"'), "suffixes a tuple of str"),
        ("card-name", INSTALLED_FORMAT.replace('name = "Card"', "name = 7"), "name must be a str"),
        (
            "card-property",
            INSTALLED_FORMAT.replace('name = "Card"', "name = property(lambda self: 1 / 0)"),
            "cannot be loaded .ZeroDivisionError",
        ),
        (
            "card-matches",
            INSTALLED_FORMAT.replace("head.starts", "head.begins"),
            "failed on .*AttributeError",
        ),
        ("card-read", INSTALLED_FORMAT.replace("lines[1]", "lines[9]"), "failed on .*IndexError"),
        (
            "card-result",
            INSTALLED_FORMAT.replace("return Screenplay", "Screenplay"),
            "returned no screenplay",
        ),
        (
            "card-elements",
            INSTALLED_FORMAT.replace('(Element(ElementKind.DIALOGUE, lines[1], 2, 1, 0, "ANNA"),)', "None"),
            "failed on .*TypeError",
        ),
    ],
)
def test_a_broken_package_is_named_in_one_line(
    tmp_path: Path, site: Path, package: str, code: str, problem: str
) -> None:
    install(site, package, code)
    path = tmp_path / "film.card"
    path.write_text("CARD\nIt is torn.\n")
    with pytest.raises(MoviemotionError, match=problem):
        read_screenplay(path)
    message = one_line_error(path)
    assert f"package {package} 1.2, screenplay format 'card'" in message
    assert message.endswith("; update or uninstall the package.")


def test_an_error_of_a_package_about_the_file_is_passed_on(tmp_path: Path, site: Path) -> None:
    code = INSTALLED_FORMAT.replace(
        "lines = ", "import moviemotion.errors\n        raise moviemotion.errors.MoviemotionError('torn')  #"
    )
    install(site, "card-refusing", code)
    path = tmp_path / "film.card"
    path.write_text("CARD\n")
    assert one_line_error(path) == "torn"


def test_an_incomplete_format_cannot_be_registered() -> None:
    class Nameless:
        suffixes = (".x",)

    with pytest.raises(MoviemotionError, match="it lacks name and matches and read"):
        register_format(Nameless())  # type: ignore[arg-type]
    assert available_formats() == BUILT_IN_FORMATS


def test_the_public_names_are_loaded_on_first_use() -> None:
    code = (
        "import sys, moviemotion.screenplay as screenplay\n"
        "heavy = {'scipy', 'numpy', 'pypdfium2', 'pysubs2', 'av'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert set(screenplay.__all__) <= set(dir(screenplay))\n"
        "from moviemotion.screenplay import *\n"
        "assert read_screenplay.__module__ == 'moviemotion.screenplay.formats.format_registry'\n"
        "assert align_script.__module__ == 'moviemotion.screenplay.alignment.align'\n"
        "assert all(hasattr(screenplay, name) for name in screenplay.__all__)\n"
        "assert not hasattr(screenplay, 'read_novel')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_format_whose_name_fails_cannot_be_registered() -> None:
    class Failing(BundleFormat):
        name = property(lambda self: 1 / 0)  # type: ignore[assignment]

    with pytest.raises(MoviemotionError, match=r"format .*Failing: cannot be used \(ZeroDivisionError"):
        register_format(Failing())
    assert available_formats() == BUILT_IN_FORMATS
