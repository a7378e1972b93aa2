"""Names of all files and folders in a study folder; they are defined only here.

`docs/reference/file-formats.md` describes the content of each file.
"""

from __future__ import annotations

from pathlib import Path

STUDY_FILE = "study.json"
"""The inputs, settings and versions from which the study was made."""
SAMPLES_FOLDER = "samples"
"""One Parquet file of samples for each camera."""
PROVENANCE_FILE = "provenance.json"
"""Everything from which the outputs are made, apart from the samples."""
EARLIER_PROVENANCE_FILE = "told.json"
"""Name of the provenance file in studies made with moviemotion 0.1.0."""

DATABASE_FILE = "study.db"
"""Consent records, deletion dates and the audit log; see `moviemotion.privacy`."""
DATABASE_LOCK_FILE = f"{DATABASE_FILE}-lock"
DATABASE_FILES = (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", DATABASE_LOCK_FILE)
"""The database and the files that SQLite and the lock create next to it."""
LOCK_FILE = "study.lock"
"""Lock file that exists while a program writes the study's files."""

JOURNAL_FOLDER = "live"
"""Data recorded by a live capture, kept until its cameras are aligned to film time."""
CAPTURE_FILE, GAPS_FILE = "capture.json", "gaps.csv"
CAPTURE_REPORTS = (CAPTURE_FILE, GAPS_FILE)
"""Reports on the cameras of a live capture."""

NOTES_FILE = "notes.json"
"""Notes on the film, as added by users of the studio."""
PARTICIPANTS_FILE = "participants.json"
"""What is known about the viewers beside their faces, such as age and sex."""
SEGMENTS_FILE, EARLIER_SEGMENTS_FILE = "segments.json", "groups.json"
"""Named segments of the audience, and the name of the file up to version 2."""

UPLOADS_FOLDER = "uploads"
"""Recordings awaiting measurement, and the state of their screening."""
SCREENING_STATE_FILE = "screening.json"
"""State of a screening in the studio, stored in `UPLOADS_FOLDER`."""
PICTURES_FOLDER = "pictures"
"""Encrypted pictures of viewers, if the study keeps any."""
EXPORTS_FOLDER = "exports"
"""Files for other programs, and the analysis cache."""
ANALYSIS_CACHE_FILE = "analysis.npz"
"""A stored analysis, in `EXPORTS_FOLDER`."""
RELEASE_CACHE_FILE = "release.npz"
"""A stored analysis without the viewers left out of the release, in `EXPORTS_FOLDER`; see `releases`."""

FILM_INPUT_STEMS = ("film", "script", "subtitles")
"""Names, without suffix, of optional files about the film; they contain nothing about viewers."""

REPORT_FILE, TIMELINE_FILE, MOMENTS_FILE = "report.html", "timeline.csv", "moments.json"
ANNOTATED_FOUNTAIN_FILE = "annotated.fountain"
ANNOTATED_FINAL_DRAFT_FILE = "annotated.fdx"
ANNOTATED_PDF_FILE = "annotated.pdf"
ANNOTATED_JSON_FILE = "annotated.json"
VIEWER_OUTPUTS = (TIMELINE_FILE, REPORT_FILE)
"""Outputs that show individual viewers."""
AUDIENCE_OUTPUTS = (
    MOMENTS_FILE,
    ANNOTATED_FOUNTAIN_FILE,
    ANNOTATED_FINAL_DRAFT_FILE,
    ANNOTATED_PDF_FILE,
    ANNOTATED_JSON_FILE,
)
"""Outputs about the audience."""

TRUE_SCHEDULE_FILE, TRUE_VIEWERS_FILE, TRUE_INTENSITY_FILE = (
    "emotion-script.csv",
    "viewers.csv",
    "truth.parquet",
)
"""Ground truth in the folder of a simulated study."""

SAMPLES_SUFFIX = ".parquet"


def samples_path(folder: Path, camera: str) -> Path:
    """Path of a camera's samples in a study folder."""
    return folder / SAMPLES_FOLDER / f"{camera}{SAMPLES_SUFFIX}"
