"""Code shared by all routes: finding the study named by a URL, error responses, and page rendering."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from pydantic import BaseModel, Field

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.reports.emotion_style import css_variables
from moviemotion.studio.accounts import current_user
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.studio.study_folders import is_study_folder


class ErrorResponse(BaseModel):
    """An error message: what is wrong and how to correct it."""

    detail: str = Field(examples=["spring-preview: no such study; check the name"])


_ERROR_DESCRIPTIONS = {
    400: "The request cannot be carried out",
    401: "Not signed in",
    403: "Not allowed for this role, or the CSRF token is missing",
    404: "Not found",
    409: "Conflict: a screening is running, or the object already exists",
    413: "Too large",
    422: "The request is not valid",
    429: "Too many requests",
}
# The media type is explicit because routes that return a file or a stream also report errors as JSON.
ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {"application/json": {"schema": ErrorResponse.model_json_schema()}},
    }
    for status, description in _ERROR_DESCRIPTIONS.items()
}
"""The error responses of all routers, for the OpenAPI description."""


def find_study_folder(
    request: Request,
    study: Annotated[
        str,
        PathParam(description="ID of a study, which is the name of its folder.", pattern=STUDY_ID_PATTERN),
    ],
) -> Path:
    """Find the folder of the study named by a URL.

    Raises:
        HTTPException: there is no such study (404).
    """
    folder: Path = request.app.state.root / study
    if not re.fullmatch(STUDY_ID_PATTERN, study) or not is_study_folder(folder):
        raise HTTPException(404, f"{study}: no such study; check the name")
    return folder


StudyPath = Annotated[Path, Depends(find_study_folder)]


def render_page(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """Render a page of the studio.

    Args:
        request: the request being answered.
        template: file name of the template.
        status: HTTP status code.
        context: variables of the template. `user`, `csrf` and, if there is a `study`, `finished` are added.
    """
    study = context.get("study")
    finished = bool(study) and is_finished(request.app.state.root / str(study))
    shared = {"user": current_user(request), "csrf": request.state.csrf, "finished": finished}
    page = _environment().get_template(template)
    return HTMLResponse(page.render(**shared, **context), status)


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.studio")
    environment.globals.update(
        asset=lambda name: inline_asset("moviemotion.studio", name),
        palette={"light": css_variables(dark=False), "dark": css_variables(dark=True)},
    )
    return environment
