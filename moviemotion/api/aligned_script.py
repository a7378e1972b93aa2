"""Read screenplays and time their lines using the film's subtitles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from moviemotion.api.arguments import checked_path
from moviemotion.api.frames import frame_of
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay as read_screenplay_file
from moviemotion.screenplay.subtitles.parse import read_subtitle_track

if TYPE_CHECKING:
    import pandas as pd


class AlignedScript:
    """A screenplay whose elements are timed in film time.

    Attributes:
        timed: the underlying records, for use in programs.
    """

    def __init__(self, timed: TimedScript) -> None:
        self.timed = timed

    @property
    def screenplay(self) -> Screenplay:
        """The screenplay that was timed."""
        return self.timed.screenplay

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each repair or correction of the subtitles' times, and for each doubt."""
        return self.timed.problems

    @property
    def table(self) -> pd.DataFrame:
        """One row per element: `line, kind, character, text, start, end, source, confidence`.

        `start` and `end` are film times in seconds, missing if the element is not in the film. `source` says
        how the time was determined, and `confidence` (0–1) how reliable it is.
        """
        cues = self.timed.cues
        elements = [self.timed.screenplay.elements[cue.element] for cue in cues]
        return frame_of(
            {
                "line": [element.line for element in elements],
                "kind": [element.kind.value for element in elements],
                "character": [element.character for element in elements],
                "text": [element.text for element in elements],
                "start": [cue.start for cue in cues],
                "end": [cue.end for cue in cues],
                "source": [cue.source.value for cue in cues],
                "confidence": [cue.confidence for cue in cues],
            }
        )

    def __repr__(self) -> str:
        """The title and the number of elements that have a time."""
        timed = sum(cue.start == cue.start for cue in self.timed.cues)
        return f"<AlignedScript: {self.screenplay.title}, {timed} of {len(self.timed.cues)} elements timed>"


def read_screenplay(path: str | Path) -> Screenplay:
    """Read a screenplay in Fountain, Final Draft, PDF, plain text or a registered format.

    Raises:
        MoviemotionError: the file cannot be read as a screenplay.
    """
    return read_screenplay_file(checked_path("path", path))


def align(screenplay: Screenplay | str | Path, subtitles: str | Path) -> AlignedScript:
    """Time a screenplay using the film's subtitles.

    Args:
        screenplay: a screenplay returned by `read_screenplay`, or a file.
        subtitles: a SubRip, WebVTT or ASS file, or the film itself if it has a subtitle track.

    Raises:
        MoviemotionError: a file cannot be read, or the screenplay and the subtitles do not match.
    """
    if not isinstance(screenplay, Screenplay):
        screenplay = read_screenplay(checked_path("screenplay", screenplay))
    track = read_subtitle_track(checked_path("subtitles", subtitles))
    timed = align_script(screenplay, track.subtitles, None, part_starts=track.part_starts)
    return AlignedScript(replace(timed, problems=(*track.repairs, *timed.problems)))
