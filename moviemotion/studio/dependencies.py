"""What every route speaks: faults, the study that a URL names, and pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from pydantic import BaseModel, Field

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.study_database import has_database
from moviemotion.reports.emotion_style import css_variables
from moviemotion.studio.accounts import current_user
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.study.folder import has_study


class ErrorResponse(BaseModel):
    """What is wrong, and what to do about it."""

    detail: str = Field(examples=["spring-preview: no such study; check the name"])


_ERROR_DESCRIPTIONS = {
    400: "Cannot be done as asked",
    401: "Not signed in",
    403: "Not for this role, or without the page's token",
    404: "There is no such thing",
    409: "Not now: something else is under way, or it is there already",
    413: "Too large",
    422: "Not as documented",
    429: "Too often",
}
# Named by its media type: a route that answers with a file or a stream tells its faults as JSON too.
ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {"application/json": {"schema": ErrorResponse.model_json_schema()}},
    }
    for status, words in _ERROR_DESCRIPTIONS.items()
}
"""The answers of every router that are not what was asked for."""


def find_study_folder(
    request: Request,
    study: Annotated[
        str, InPath(description="Id of a study: the name of its folder.", pattern=STUDY_ID_PATTERN)
    ],
) -> Path:
    """The folder of the study that a URL names."""
    folder: Path = request.app.state.root / study
    if not re.fullmatch(STUDY_ID_PATTERN, study) or not is_study_folder(folder):
        raise HTTPException(404, f"{study}: no such study; check the name")
    return folder


StudyPath = Annotated[Path, Depends(find_study_folder)]


def list_study_folders(root: Path) -> list[Path]:
    """The studies of a studio, by name."""
    return [
        folder
        for folder in sorted(root.iterdir())
        if re.fullmatch(STUDY_ID_PATTERN, folder.name) and is_study_folder(folder)
    ]


def is_study_folder(folder: Path) -> bool:
    """Whether a folder holds a study, begun or finished; links elsewhere do not count."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return has_database(folder) or has_study(folder)


def render_page(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """A page of the studio. Templates also know `person`, `csrf`, and whether their study is `finished`.

    Args:
        name: of the template.
    """
    page = _environment().get_template(template)
    study = context.get("study")
    finished = bool(study) and is_finished(request.app.state.root / str(study))
    about = {"person": current_user(request), "csrf": request.state.csrf, "finished": finished}
    text = page.render(**about, **context)
    return HTMLResponse(text, status)


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.studio")
    environment.globals.update(
        asset=lambda name: inline_asset("moviemotion.studio", name),
        palette={"light": css_variables(dark=False), "dark": css_variables(dark=True)},
    )
    return environment
