"""Names of the files and folders in a study folder. No other module spells them out.

`docs/reference/file-formats.md` describes what each file holds.
"""

from __future__ import annotations

from pathlib import Path

STUDY_FILE = "study.json"
"""What the study is made from: inputs, settings and versions."""
SAMPLES_FOLDER = "samples"
"""One Parquet file of samples for each camera."""
PROVENANCE_FILE = "provenance.json"
"""What the outputs are made from besides the samples."""
EARLIER_PROVENANCE_FILE = "told.json"
"""Name of the same file in studies of moviemotion 0.1.0."""

DATABASE_FILE = "study.db"
"""Consent records, deletion dates and the audit log; see `moviemotion.privacy`."""
DATABASE_LOCK_FILE = f"{DATABASE_FILE}-lock"
DATABASE_FILES = (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", DATABASE_LOCK_FILE)
"""The database with the files that SQLite and the lock put beside it."""
LOCK_FILE = "study.lock"
"""Exists while a program makes the study's files."""

JOURNAL_FOLDER = "live"
"""What a live capture has recorded until its cameras are put on film time."""
CAPTURE_FILE, GAPS_FILE = "capture.json", "gaps.csv"
CAPTURE_REPORTS = (CAPTURE_FILE, GAPS_FILE)
"""What a live capture reports about its cameras, by name."""

NOTES_FILE, GROUPS_FILE = "notes.json", "groups.json"
"""What users of the studio add: notes on the film, and named groups of viewers."""

UPLOADS_FOLDER = "uploads"
"""Recordings that wait to be measured, and the state of their screening."""
SCREENING_STATE_FILE = "screening.json"
"""State of a screening in the studio; in `UPLOADS_FOLDER`."""
PICTURES_FOLDER = "pictures"
"""Encrypted pictures of viewers, where the study keeps any."""
EXPORTS_FOLDER = "exports"
"""Files for other programs, and the analysis cache."""
ANALYSIS_CACHE_FILE = "analysis.npz"
"""A stored analysis; in `EXPORTS_FOLDER`."""

FILM_INPUT_STEMS = ("film", "script", "subtitles")
"""Names, without suffix, of what a study may be given about the film; holds nothing about viewers."""

REPORT_FILE, TIMELINE_FILE, MOMENTS_FILE = "report.html", "timeline.csv", "moments.json"
ANNOTATED_FOUNTAIN_FILE = "annotated.fountain"
ANNOTATED_FINAL_DRAFT_FILE = "annotated.fdx"
ANNOTATED_PDF_FILE = "annotated.pdf"
VIEWER_OUTPUTS = (TIMELINE_FILE, REPORT_FILE)
"""Outputs that show single viewers."""
AUDIENCE_OUTPUTS = (MOMENTS_FILE, ANNOTATED_FOUNTAIN_FILE, ANNOTATED_FINAL_DRAFT_FILE, ANNOTATED_PDF_FILE)
"""Outputs about the audience."""

TRUE_SCHEDULE_FILE, TRUE_VIEWERS_FILE, TRUE_INTENSITY_FILE = (
    "emotion-script.csv",
    "viewers.csv",
    "truth.parquet",
)
"""Ground truth in the folder of a simulated study."""

SAMPLES_SUFFIX = ".parquet"


def samples_path(folder: Path, camera: str) -> Path:
    """The file of a camera's samples in a study folder."""
    return folder / SAMPLES_FOLDER / f"{camera}{SAMPLES_SUFFIX}"
