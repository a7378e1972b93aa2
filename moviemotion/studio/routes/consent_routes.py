"""The attendee's page, the same for a studio's own app, the kiosk at the seats, and the sheet of QR codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl

import segno
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import BaseModel, Field

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, erasure
from moviemotion.privacy.consent import (
    ConsentState,
    Receipt,
    Seat,
    find_receipt,
    list_seats,
    state_by_receipt,
)
from moviemotion.privacy.disclosure import Disclosure, load_disclosure
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.roles import Role
from moviemotion.privacy.seat_links import find_seat_by_token, seat_tokens
from moviemotion.privacy.status import receipt_lines
from moviemotion.privacy.study_database import StorageError, has_database, open_database
from moviemotion.studio.accounts import User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath, list_study_folders, render_page
from moviemotion.studio.messages import studio_message
from moviemotion.studio.request_guard import LOCAL_HOSTS, WILDCARD_HOSTS, rate_limit
from moviemotion.studio.routes.study_routes import get_jobs
from moviemotion.studio.screening_state import ACTIVE_STAGES

RECEIPT_COOKIE = "receipt"
"""Name of the cookie that keeps a receipt in the browser of who has it; it is sent to their page only."""
RECEIPT_COOKIE_SECONDS = 3 * 365 * 24 * 3600
"""Seconds for which a browser keeps it: as long as anything may be held."""
PAGE_EXPIRED_MESSAGE = "The page was open for too long. Please answer once more."
CONSENT_CLOSED_MESSAGE = "the film has been shown and read, so nobody is asked any more"

router = APIRouter(tags=["consent"], responses=ERROR_RESPONSES)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

# A whole cinema behind one address answers within minutes; somebody who guesses codes gets nowhere.
seat_rate_limit = Depends(rate_limit("consent", "600/minute"))
receipt_rate_limit = Depends(rate_limit("receipts", "120/minute"))

ResearcherOrKiosk = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.SEAT))]
Researcher = Annotated[User, Depends(require_role(Role.RESEARCHER))]


class ConsentQuestion(BaseModel):
    """What somebody at a seat is asked."""

    seat: str
    state: ConsentState | None = Field(
        description="What was answered at this seat; null before it was asked."
    )
    disclosure: Disclosure


class ConsentAnswer(BaseModel):
    """What they say."""

    accepts: bool
    version: str = Field(max_length=64, description="Of the disclosure that they have read.")


class ReceiptCode(BaseModel):
    """A receipt's code."""

    code: str = Field(max_length=64)


def find_seat(
    request: Request,
    token: Annotated[str, InPath(description="What stands in the address of the seat's page.")],
) -> tuple[Path, str]:
    """The study and the seat of a page."""
    found = find_seat_by_token(_consent_studies(request), token)
    if found is None:
        raise HTTPException(404, "this page does not exist any more, or never did; ask whoever invited you")
    return found


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent without scripts."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


SeatFromToken = Annotated[tuple[Path, str], Depends(find_seat)]
FormFields = Annotated[dict[str, str], Depends(read_form)]


@router.get("/api/consent/{token}", summary="What somebody at a seat is told", dependencies=[seat_rate_limit])
def get_consent_question(at: SeatFromToken) -> ConsentQuestion:
    folder, seat = at
    _refuse_expired(folder)
    return ConsentQuestion(
        seat=seat, state=_find_seat_by_name(folder, seat).state, disclosure=load_disclosure(folder)
    )


@router.post(
    "/api/consent/{token}",
    summary="Accept or decline",
    description="An answer to a disclosure that has changed since is refused: show the new one. So is one "
    "that comes after the film.",
    dependencies=[seat_rate_limit],
)
def submit_answer(at: SeatFromToken, said: ConsentAnswer) -> Receipt:
    return _save_answer(at, said.accepts, said.version)


@router.post(
    "/api/receipts/check", summary="A receipt as the audit log has it", dependencies=[receipt_rate_limit]
)
def check_receipt_code(request: Request, given: ReceiptCode) -> Receipt:
    return find_receipt(_study_of_receipt(request, given.code), given.code)


@router.post(
    "/api/receipts/withdraw",
    summary="Withdraw",
    description="All that is held about the viewer is erased and the results are made again. While a "
    "screening runs, they are not watched any more, and erased at its end.",
    dependencies=[receipt_rate_limit],
)
def withdraw_consent(request: Request, given: ReceiptCode) -> Receipt:
    return _withdraw(request, _study_of_receipt(request, given.code), given.code)


@pages.get("/c/receipt", dependencies=[receipt_rate_limit])
def receipt_code_page(request: Request) -> HTMLResponse:
    return render_page(request, "code.html", fault="", code="")


@pages.post("/c/receipt", dependencies=[receipt_rate_limit])
def submit_receipt_code(request: Request, form: FormFields) -> HTMLResponse:
    """What a code stands for; with the field `withdraw`, its consent is taken back first."""
    code = form.get("code", "").strip()
    try:
        folder = _study_of_receipt(request, code)
        receipt = (
            _withdraw_or_confirm(request, folder, code) if "withdraw" in form else find_receipt(folder, code)
        )
    except MoviemotionError as error:
        return render_page(request, "code.html", 404, fault=_message(request, error), code=code)
    return _receipt_page(request, folder, receipt)


@pages.get("/c/{token}", dependencies=[seat_rate_limit])
def seat_page(request: Request, at: SeatFromToken, again: int = 0) -> HTMLResponse:
    """The question; who has answered it in this browser sees their receipt, unless they want it again."""
    code = request.cookies.get(RECEIPT_COOKIE)
    if code and not again:
        try:
            return _receipt_page(request, at[0], find_receipt(at[0], code), seat_page=request.url.path)
        except MoviemotionError:
            pass  # of another study that lay here
    return _question_page(request, at, PAGE_EXPIRED_MESSAGE if again == 1 else "")


@pages.post("/c/{token}", dependencies=[seat_rate_limit])
def submit_seat_page(request: Request, at: SeatFromToken, form: FormFields) -> Response:
    try:
        receipt = _answer_from_form(at, form)
    except MoviemotionError as error:
        return _question_page(request, at, _message(request, error), 409)
    # Their own browser alone keeps the code, so that the page can be opened again.
    there = RedirectResponse(request.url.path, 303)
    secure = request.url.scheme == "https"
    there.set_cookie(
        RECEIPT_COOKIE,
        receipt.code,
        RECEIPT_COOKIE_SECONDS,
        path=request.url.path,
        secure=secure,
        httponly=True,
    )
    return there


@pages.get("/studies/{study}/kiosk")
def kiosk_page(request: Request, folder: StudyPath, user: ResearcherOrKiosk) -> HTMLResponse:
    return render_page(request, "kiosk.html", study=folder.name, seats=list_seats(folder))


@pages.get("/studies/{study}/kiosk/{seat:path}")
def kiosk_seat_page(
    request: Request, folder: StudyPath, seat: str, user: ResearcherOrKiosk, again: int = 0
) -> HTMLResponse:
    return _question_page(
        request, (folder, seat), PAGE_EXPIRED_MESSAGE if again else "", kiosk=_kiosk_url(folder)
    )


@pages.post("/studies/{study}/kiosk/{seat:path}")
def submit_kiosk_seat_page(
    request: Request, folder: StudyPath, seat: str, user: ResearcherOrKiosk, form: FormFields
) -> HTMLResponse:
    """The receipt is shown once: a shared tablet keeps nothing."""
    try:
        receipt = _answer_from_form((folder, seat), form)
    except MoviemotionError as error:
        return _question_page(request, (folder, seat), _message(request, error), 409, _kiosk_url(folder))
    return _receipt_page(request, folder, receipt, kiosk=_kiosk_url(folder))


@pages.get("/studies/{study}/seats")
def seat_cards_page(request: Request, folder: StudyPath, user: Researcher) -> HTMLResponse:
    """To be printed, cut and laid on the seats."""
    cards = [
        {"seat": seat, "url": (url := f"{request.base_url}c/{token}"), "code": qr_code(url)}
        for seat, token in seat_tokens(folder).items()
    ]
    local = request.url.hostname in {*LOCAL_HOSTS, *WILDCARD_HOSTS}
    at_home = request.app.state.access is None
    return render_page(request, "seats.html", study=folder.name, cards=cards, local=local, at_home=at_home)


def qr_code(text: str) -> Markup:
    """A QR code as SVG, black on white in every theme: not every reader knows the reverse."""
    return Markup(segno.make_qr(text, error="M").svg_inline(omitsize=True, svgclass="qr", light="#fff"))


def _question_page(
    request: Request, at: tuple[Path, str], note: str, status: int = 200, kiosk: str = ""
) -> HTMLResponse:
    folder, name = at
    _refuse_expired(folder)
    seat = _find_seat_by_name(folder, name)
    taken = seat.state in (ConsentState.ACCEPTED, ConsentState.WITHDRAWN)
    return render_page(
        request,
        "question.html",
        status,
        seat=name,
        taken=taken,
        over=is_finished(folder),
        told=load_disclosure(folder),
        note=note,
        kiosk=kiosk,
    )


def _refuse_expired(folder: Path) -> None:
    with open_database(folder) as register:
        if register.first_expired():
            raise HTTPException(409, "this screening is over; nobody is asked any more")


def _answer_from_form(at: tuple[Path, str], form: Mapping[str, str]) -> Receipt:
    if form.get("answer") not in ("yes", "no"):
        raise MoviemotionError("please answer yes or no")
    return _save_answer(at, form["answer"] == "yes", form.get("version", ""))


def _save_answer(at: tuple[Path, str], accepts: bool, version: str) -> Receipt:
    folder, seat = at
    if is_finished(folder):
        raise MoviemotionError(CONSENT_CLOSED_MESSAGE)
    return consent.record_answer(folder, consent.ask_for_consent(folder, seat), accepts, version)


def _receipt_page(
    request: Request, folder: Path, receipt: Receipt, seat_page: str = "", kiosk: str = ""
) -> HTMLResponse:
    """
    Args:
        seat_page, kiosk: where it goes on from here, if anywhere.
    """
    link = f"{request.base_url}c/receipt#{receipt.code}"
    return render_page(
        request,
        "receipt.html",
        receipt=receipt,
        now=state_by_receipt(folder, receipt.code),
        State=ConsentState,
        code=qr_code(link),
        lines="\n".join([*receipt_lines(receipt), "", f"Check it, or withdraw: {request.base_url}c/receipt"]),
        seat_page=seat_page,
        kiosk=kiosk,
    )


def _consent_studies(request: Request) -> list[Path]:
    return list(filter(has_database, list_study_folders(request.app.state.root)))


def _study_of_receipt(request: Request, code: str) -> Path:
    """The study whose log knows a receipt."""
    for folder in _consent_studies(request):
        try:
            find_receipt(folder, code)
        except StorageError:
            raise
        except MoviemotionError:
            continue
        return folder
    raise MoviemotionError("nothing is known here of this code; check each letter")


def _withdraw(request: Request, folder: Path, code: str) -> Receipt:
    job = get_jobs(request).get(folder)
    return erasure.withdraw(folder, code, defer_erasure=job is not None and job.stage in ACTIVE_STAGES)


def _withdraw_or_confirm(request: Request, folder: Path, code: str) -> Receipt:
    """Who taps twice sees the second answer, which is to be no fault."""
    try:
        return _withdraw(request, folder, code)
    except MoviemotionError:
        if state_by_receipt(folder, code) is not None:
            raise
        return find_receipt(folder, code)


def _find_seat_by_name(folder: Path, name: str) -> Seat:
    for seat in list_seats(folder):
        if seat.label == name:
            return seat
    raise HTTPException(404, f"seat {name}: no such seat; check the name")


def _message(request: Request, error: MoviemotionError) -> str:
    return studio_message(str(error), request.app.state.root)


def _kiosk_url(folder: Path) -> str:
    return f"/studies/{folder.name}/kiosk"


router.include_router(pages)
