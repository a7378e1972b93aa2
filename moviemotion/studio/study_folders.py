"""The folders of the studies in a studio."""

from __future__ import annotations

import re
from pathlib import Path

from moviemotion.privacy.study_database import has_database
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.study.folder import has_study


def is_study_folder(folder: Path) -> bool:
    """Whether a folder contains a study, finished or not.

    Symbolic links do not count, since they could lead outside the studies folder.
    """
    if folder.is_symlink() or not folder.is_dir():
        return False
    return has_database(folder) or has_study(folder)


def list_study_folders(root: Path) -> list[Path]:
    """The folders of all studies, sorted by name."""
    return [
        folder
        for folder in sorted(root.iterdir())
        if re.fullmatch(STUDY_ID_PATTERN, folder.name) and is_study_folder(folder)
    ]
