"""The read-back of a script: what was read in figures, and which figures are implausible for its length.

People see in "3 scenes, 1,104 speeches, 31 speakers, 118 pages" at once that something went wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from moviemotion.screenplay.alignment.page_duration import LINES_PER_PAGE, printed_line_count
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.formats.line_patterns import parse_scene_heading

_MIN_PAGES = 8
"""Shorter scripts can have any shape."""
_MAX_PAGES_PER_SCENE = 12
"""Feature films have a scene on every one or two pages; plays and chamber films have the fewest."""
_MAX_SCENES_PER_PAGE = 8
_MIN_SPEECHES_PER_PAGE = 1.0
_MIN_SPEECHES = 40
"""With fewer speeches, the number of speakers and the length of speeches say nothing."""
_MAX_WORDS_PER_SPEECH = 70
_MAX_ONCE_SHARE = 0.4
"""Maximum fraction of all speeches whose speakers have no other speech."""
_MAX_CENTERED_SHARE = 0.3
_MIN_WORDS = 30


@dataclass(frozen=True)
class ReadBack:
    """What was read from a script.

    Attributes:
        scenes: number of scene headings.
        speeches: number of character lines that start a speech.
        speeches_of: the number of speeches of each speaker, the most frequent first.
        pages: number of pages, at least 1.
        pages_are_estimated: whether the file has no pages, so that their number is estimated from its length.
        doubts: one sentence for each figure that is implausible for the length of the script, with what it
            means for the results and what to do.
    """

    scenes: int
    speeches: int
    speeches_of: Mapping[str, int]
    pages: int
    pages_are_estimated: bool
    doubts: tuple[str, ...]

    @property
    def speakers(self) -> int:
        """Number of different speakers."""
        return len(self.speeches_of)

    def sentence(self) -> str:
        """The figures in words, such as "98 scenes, 1,104 speeches, 31 speakers, 118 pages"."""
        counts = [
            _plural(self.scenes, "scene"),
            _plural(self.speeches, "speech", "speeches"),
            _plural(self.speakers, "speaker"),
            ("about " if self.pages_are_estimated else "") + _plural(self.pages, "page"),
        ]
        return ", ".join(counts)


def read_back(screenplay: Screenplay) -> ReadBack:
    """Count what was read from a script, and judge whether it is plausible.

    Example:
        >>> read_back(screenplay).sentence()  # doctest: +SKIP
        '98 scenes, 1,104 speeches, 31 speakers, 118 pages'
    """
    elements = screenplay.elements
    speeches = [element for element in elements if element.kind is ElementKind.CHARACTER]
    printed = [element.page for element in elements if element.page is not None]
    estimate = max(1, round(sum(map(printed_line_count, elements)) / LINES_PER_PAGE))
    # A scene heading's page in a Final Draft file says where it starts; other elements have none.
    has_pages = len(printed) == len(elements) and bool(printed)
    pages = max(printed) - min(printed) + 1 if has_pages else estimate
    speakers = Counter(element.character or element.text for element in speeches)
    counts = ReadBack(
        scenes=sum(element.kind is ElementKind.SCENE_HEADING for element in elements),
        speeches=len(speeches),
        speeches_of=dict(speakers.most_common()),
        pages=pages,
        pages_are_estimated=not has_pages,
        doubts=(),
    )
    return replace(counts, doubts=tuple(_doubts(counts, screenplay, estimate)))


def _doubts(counts: ReadBack, screenplay: Screenplay, pages: int) -> Iterator[str]:
    """Judge the figures of a script.

    Args:
        counts: the figures.
        screenplay: the script.
        pages: the length in pages, estimated from the text; printed page numbers can start anywhere.
    """
    name = screenplay.path.name
    words = _words_by_kind(screenplay.elements)
    if screenplay.scanned_pages:
        yield (
            f"{name}: {_plural(screenplay.scanned_pages, 'page')} in it are images without text (a scan), so "
            "the scenes and speeches there are missing; run text recognition (OCR) on the file, or export it "
            "again from the writing program"
        )
    if counts.scenes == 0:
        yield (
            f"{name}: no scene heading was found, so nothing is reported by scene; start each heading with "
            "INT. or EXT., or put a period before it in Fountain"
        )
    elif pages >= _MIN_PAGES and counts.scenes * _MAX_PAGES_PER_SCENE < pages:
        yield (
            f"{name}: only {_plural(counts.scenes, 'scene')} on about {pages} pages, so most scene headings "
            "were probably not recognized and the results by scene are wrong; start each heading with INT. "
            "or EXT., or put a period before it in Fountain"
        )
    elif pages >= _MIN_PAGES and counts.scenes > _MAX_SCENES_PER_PAGE * pages:
        yield (
            f"{name}: {counts.scenes:,} scenes on about {pages} pages, so other lines were probably taken "
            "for scene headings and the results by scene are wrong; give the script as Fountain (.fountain) "
            "or Final Draft (.fdx)"
        )
    elif _headings_without_words(screenplay):
        yield (
            f"{name}: its scene headings name neither interior nor exterior nor a time of day, so lines in "
            "capitals were taken for headings; check them, or start each heading with INT. or EXT."
        )
    if pages >= _MIN_PAGES and counts.speeches < _MIN_SPEECHES_PER_PAGE * pages:
        yield (
            f"{name}: only {_plural(counts.speeches, 'speech', 'speeches')} on about {pages} pages, so "
            "dialogue was probably taken for action and cannot be found in the film; put each speaker's name "
            "in capitals on a line of its own above the words, or ignore this if the film has hardly any "
            "dialogue"
        )
    if counts.speeches >= _MIN_SPEECHES:
        once = sum(count == 1 for count in counts.speeches_of.values())
        if once > _MAX_ONCE_SHARE * counts.speeches:
            yield (
                f"{name}: {once:,} of {counts.speakers:,} speakers speak only once, so other lines in "
                "capitals were probably taken for names; put a blank line above each name and none below it"
            )
        said = words[ElementKind.DIALOGUE] / counts.speeches
        if said > _MAX_WORDS_PER_SPEECH:
            yield (
                f"{name}: the speeches have {said:.0f} words on average, so action was probably taken for "
                "dialogue; put a blank line below each speech"
            )
    outside = words[ElementKind.ACTION] + words[ElementKind.CENTERED]
    if outside >= _MIN_WORDS and words[ElementKind.CENTERED] > _MAX_CENTERED_SHARE * outside:
        yield (
            f"{name}: much of the action was taken for centered text, so the layout was probably not "
            "recognized; give the script as Fountain (.fountain) or Final Draft (.fdx)"
        )


def _words_by_kind(elements: tuple[Element, ...]) -> Counter[ElementKind]:
    words = Counter[ElementKind]()
    for element in elements:
        words[element.kind] += len(element.text.split())
    return words


def _headings_without_words(screenplay: Screenplay) -> bool:
    """Whether most headings of a typed or printed script were told by their capitals alone."""
    if screenplay.path.suffix.lower() not in (".txt", ".pdf"):
        return False  # in other formats, headings are marked
    headings = [e for e in screenplay.elements if e.kind is ElementKind.SCENE_HEADING]
    bare = sum(not e.number and parse_scene_heading(e.text, without_prefix=True) is None for e in headings)
    return 2 * bare > len(headings)


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
