"""Make a study from what another program measured in the viewers' faces; called by `moviemotion import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from moviemotion import __version__
from moviemotion._io.fingerprints import file_fingerprint
from moviemotion.audience.other_tools import TOOLS, ImportedMeasurements, Tool, read_tool_file
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.folder import StudyFolder
from moviemotion.workflows.screen import DEFAULT_SEED, Screening, analyze_and_write


def import_measurements(
    tool: str,
    files: Sequence[Path],
    out: Path,
    frame_rate: float | None = None,
    script: Path | None = None,
    subtitles: Path | None = None,
) -> Screening:
    """Make a study with a report from the files that another program exported.

    Args:
        tool: one of `TOOLS`.
        files: one file per viewer; the viewer is called like the file. Times are film times.
        out: study folder to write.
        frame_rate: frames per second of the recordings, if the files count frames.
        script, subtitles: as for `read_script_inputs`.

    Raises:
        MoviemotionError: a file, the script or its subtitles cannot be used. Nothing is written.
    """
    if tool not in TOOLS:
        raise SettingError(
            "unknown-tool", "{tool} {name}: unknown; choose from {known}", name=tool, known=", ".join(TOOLS)
        )
    twice = [name for name, count in Counter(path.stem for path in files).items() if count > 1]
    if twice or not files:
        raise MoviemotionError(
            f"{twice[0]}: two files have this name; give each viewer's file another name"
            if twice
            else "no files given; list one file per viewer"
        )
    sources = read_script_inputs(script, subtitles)
    read = {path.stem: read_tool_file(TOOLS[tool], path, path.stem, frame_rate) for path in files}
    fingerprints = {path: file_fingerprint(path) for path in files}
    first: dict[str, Path] = {}
    for path, fingerprint in fingerprints.items():
        if (other := first.setdefault(fingerprint, path)) is not path:
            raise MoviemotionError(f"{path}: the same file as {other}; leave one of them out")
    cameras = {path.stem: {"file": fingerprint, "offset": 0.0} for path, fingerprint in fingerprints.items()}
    study = StudyFolder(out, {"moviemotion": __version__, "imported": tool, "cameras": cameras})
    with study.creating():
        for name, viewer in read.items():
            study.save_samples(name, viewer.samples)
        notes = tuple(_mapping_notes(TOOLS[tool], list(read.values())))
        samples = [viewer.samples for viewer in read.values()]
        analysis = analyze_and_write(study, samples, sources, notes, DEFAULT_SEED, None)
    return Screening(out, analysis, ())


def _mapping_notes(tool: Tool, read: Sequence[ImportedMeasurements]) -> Iterator[Problem]:
    how = "derived from its action units (EMFACS)" if tool.name == "OpenFace" else "taken as it names them"
    yield Problem(
        "imported",
        Harm.NOTE,
        f"The emotions were measured by {tool.name} and {how}. Strengths are on this program's scale; "
        "compare only studies that were measured by the same program",
    )
    missing = [e for e in NON_NEUTRAL_EMOTIONS if not all(e in viewer.measured for viewer in read)]
    if missing:
        yield Problem(
            "emotion-not-measured",
            Harm.MISSING,
            f"{' and '.join(map(str, missing))} not measured for every viewer, so a strength of 0 means "
            "nothing",
            tool.name,
        )
