"""Consent: the participant's page on their own phone, the kiosk for a shared tablet, and the seat cards.

Each seat has a page at an address that cannot be guessed, which is printed as a QR code on the seat card. The
page shows the disclosure, takes the answer, and returns a receipt, whose code lets the participant check
their answer or withdraw. The pages work without JavaScript; the same steps are available through an API.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl

import segno
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Path as PathParam
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
from moviemotion.privacy.disclosure import WITHDRAWAL_LIMITS, Disclosure, load_disclosure
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.roles import Role
from moviemotion.privacy.seat_links import find_seat_by_token, seat_tokens
from moviemotion.privacy.status import receipt_lines
from moviemotion.privacy.study_database import StorageError, has_database, open_database
from moviemotion.studio.accounts import User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath, render_page
from moviemotion.studio.messages import studio_message
from moviemotion.studio.request_guard import LOCAL_HOSTS, WILDCARD_HOSTS, rate_limit
from moviemotion.studio.routes.study_routes import get_jobs
from moviemotion.studio.screening_state import ACTIVE_STAGES
from moviemotion.studio.study_folders import list_study_folders

RECEIPT_COOKIE = "receipt"
"""Cookie that stores the receipt code in the participant's browser; it is sent only to their page."""
RECEIPT_COOKIE_SECONDS = 3 * 365 * 24 * 3600
"""Lifetime of the cookie in seconds: the longest time for which data may be stored."""
PAGE_EXPIRED_MESSAGE = "The page was open for too long. Please answer again."
CONSENT_CLOSED_MESSAGE = "the screening has finished, so answers are no longer accepted"

router = APIRouter(tags=["consent"], responses=ERROR_RESPONSES)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

# The limits let a full theater behind one IP address answer within minutes, but make guessing codes
# infeasible.
seat_rate_limit = Depends(rate_limit("consent", "600/minute"))
receipt_rate_limit = Depends(rate_limit("receipts", "120/minute"))

ResearcherOrKiosk = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.SEAT))]
Researcher = Annotated[User, Depends(require_role(Role.RESEARCHER))]


class ConsentQuestion(BaseModel):
    """The question put to a participant."""

    seat: str
    state: ConsentState | None = Field(
        description="The answer given at this seat; null if there is none yet."
    )
    disclosure: Disclosure


class ConsentAnswer(BaseModel):
    """A participant's answer."""

    accepts: bool
    version: str = Field(
        max_length=64, description="Version of the disclosure that the participant has read."
    )


class ReceiptCode(BaseModel):
    """The code of a receipt."""

    code: str = Field(max_length=64)


def find_seat(
    request: Request,
    token: Annotated[str, PathParam(description="Token from the address of the seat's page.")],
) -> tuple[Path, str]:
    """The study folder and the seat label identified by a token.

    Raises:
        HTTPException: the token is unknown (404).
    """
    found = find_seat_by_token(_consent_studies(request), token)
    if found is None:
        raise HTTPException(404, "this page does not exist or was removed; ask the person who invited you")
    return found


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a submitted form."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


SeatFromToken = Annotated[tuple[Path, str], Depends(find_seat)]
FormFields = Annotated[dict[str, str], Depends(read_form)]


@router.get("/api/consent/{token}", summary="Get the disclosure for a seat", dependencies=[seat_rate_limit])
def get_consent_question(folder_and_seat: SeatFromToken) -> ConsentQuestion:
    folder, seat = folder_and_seat
    _refuse_expired(folder)
    return ConsentQuestion(
        seat=seat, state=_find_seat_by_name(folder, seat).state, disclosure=load_disclosure(folder)
    )


@router.post(
    "/api/consent/{token}",
    summary="Accept or decline",
    description="The answer is rejected if the screening has finished, or if the disclosure has changed "
    "since the participant read it; in that case, show the new disclosure.",
    dependencies=[seat_rate_limit],
)
def submit_answer(folder_and_seat: SeatFromToken, answer: ConsentAnswer) -> Receipt:
    return _save_answer(folder_and_seat, answer.accepts, answer.version)


@router.post(
    "/api/receipts/check", summary="Look up a receipt in the audit log", dependencies=[receipt_rate_limit]
)
def check_receipt_code(request: Request, receipt: ReceiptCode) -> Receipt:
    return find_receipt(_study_of_receipt(request, receipt.code), receipt.code)


@router.post(
    "/api/receipts/withdraw",
    summary="Withdraw consent",
    description="Erases everything stored about the viewer and recomputes the results. If a "
    "screening is running, the viewer is masked from now on and erased when it ends.",
    dependencies=[receipt_rate_limit],
)
def withdraw_consent(request: Request, receipt: ReceiptCode) -> Receipt:
    return _withdraw(request, _study_of_receipt(request, receipt.code), receipt.code)


@pages.get("/c/receipt", dependencies=[receipt_rate_limit])
def receipt_code_page(request: Request) -> HTMLResponse:
    return render_page(request, "receipt-code.html", error="", code="")


@pages.post("/c/receipt", dependencies=[receipt_rate_limit])
def submit_receipt_code(request: Request, form: FormFields) -> HTMLResponse:
    """Show the receipt for a code. If the form has the field `withdraw`, withdraw the consent first."""
    code = form.get("code", "").strip()
    try:
        folder = _study_of_receipt(request, code)
        receipt = (
            _withdraw_or_confirm(request, folder, code) if "withdraw" in form else find_receipt(folder, code)
        )
    except MoviemotionError as error:
        return render_page(request, "receipt-code.html", 404, error=_message(request, error), code=code)
    return _receipt_page(request, folder, receipt)


@pages.get("/c/{token}", dependencies=[seat_rate_limit])
def seat_page(request: Request, folder_and_seat: SeatFromToken, again: int = 0) -> HTMLResponse:
    """Show the question, or the receipt if it was answered in this browser.

    Args:
        request: the request.
        folder_and_seat: the study and the seat.
        again: whether to ask again although there is a receipt. 0 means no, 1 means yes because the page had
            expired, and 2 means yes because the participant wants to change their answer.
    """
    code = request.cookies.get(RECEIPT_COOKIE)
    if code and not again:
        folder, _ = folder_and_seat
        try:
            return _receipt_page(request, folder, find_receipt(folder, code), seat_page=request.url.path)
        except MoviemotionError:
            pass  # the code belongs to another study that used this address before
    return _question_page(request, folder_and_seat, PAGE_EXPIRED_MESSAGE if again == 1 else "")


@pages.post("/c/{token}", dependencies=[seat_rate_limit])
def submit_seat_page(request: Request, folder_and_seat: SeatFromToken, form: FormFields) -> Response:
    try:
        receipt = _answer_from_form(folder_and_seat, form)
    except MoviemotionError as error:
        return _question_page(request, folder_and_seat, _message(request, error), 409)
    # Only the participant's browser stores the code, so that the participant can open the page again.
    response = RedirectResponse(request.url.path, 303)
    response.set_cookie(
        RECEIPT_COOKIE,
        receipt.code,
        RECEIPT_COOKIE_SECONDS,
        path=request.url.path,
        secure=request.url.scheme == "https",
        httponly=True,
    )
    return response


@pages.get("/studies/{study}/kiosk")
def kiosk_page(request: Request, folder: StudyPath, user: ResearcherOrKiosk) -> HTMLResponse:
    return render_page(request, "kiosk-seats.html", study=folder.name, seats=list_seats(folder))


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
    """Save an answer and show the receipt once; a shared tablet stores no cookie."""
    try:
        receipt = _answer_from_form((folder, seat), form)
    except MoviemotionError as error:
        return _question_page(request, (folder, seat), _message(request, error), 409, _kiosk_url(folder))
    return _receipt_page(request, folder, receipt, kiosk=_kiosk_url(folder))


@pages.get("/studies/{study}/seats")
def seat_cards_page(request: Request, folder: StudyPath, user: Researcher) -> HTMLResponse:
    """Show cards with QR codes to print, cut out and put on the seats."""
    cards = [
        {"seat": seat, "url": (url := f"{request.base_url}c/{token}"), "code": qr_code(url)}
        for seat, token in seat_tokens(folder).items()
    ]
    return render_page(
        request,
        "seat-cards.html",
        study=folder.name,
        cards=cards,
        is_local_address=request.url.hostname in {*LOCAL_HOSTS, *WILDCARD_HOSTS},
        is_local_studio=request.app.state.accounts is None,
    )


def qr_code(text: str) -> Markup:
    """A QR code as SVG, black on white in every theme, since not all readers can read inverted codes."""
    return Markup(segno.make_qr(text, error="M").svg_inline(omitsize=True, svgclass="qr", light="#fff"))


def _question_page(
    request: Request, folder_and_seat: tuple[Path, str], note: str, status: int = 200, kiosk: str = ""
) -> HTMLResponse:
    folder, name = folder_and_seat
    _refuse_expired(folder)
    seat = _find_seat_by_name(folder, name)
    return render_page(
        request,
        "consent.html",
        status,
        seat=name,
        has_answered=seat.state in (ConsentState.ACCEPTED, ConsentState.WITHDRAWN),
        is_finished=is_finished(folder),
        disclosure=load_disclosure(folder),
        note=note,
        kiosk=kiosk,
    )


def _refuse_expired(folder: Path) -> None:
    with open_database(folder) as database:
        if database.first_expired():
            raise HTTPException(
                409, "this study has expired, so answers are no longer accepted; ask the staff for help"
            )


def _answer_from_form(folder_and_seat: tuple[Path, str], form: Mapping[str, str]) -> Receipt:
    if form.get("answer") not in ("yes", "no"):
        raise MoviemotionError("please answer yes or no")
    return _save_answer(folder_and_seat, form["answer"] == "yes", form.get("version", ""))


def _save_answer(folder_and_seat: tuple[Path, str], accepts: bool, version: str) -> Receipt:
    folder, seat = folder_and_seat
    if is_finished(folder):
        raise MoviemotionError(CONSENT_CLOSED_MESSAGE)
    return consent.record_answer(folder, consent.ask_for_consent(folder, seat), accepts, version)


def _receipt_page(
    request: Request, folder: Path, receipt: Receipt, seat_page: str = "", kiosk: str = ""
) -> HTMLResponse:
    """Render a receipt.

    Args:
        request: the request.
        folder: the study folder.
        receipt: the receipt.
        seat_page: address of the participant's own page; empty if the receipt was opened with its code.
        kiosk: address of the kiosk; empty on the participant's own device.
    """
    link = f"{request.base_url}c/receipt#{receipt.code}"
    return render_page(
        request,
        "receipt.html",
        receipt=receipt,
        current_state=state_by_receipt(folder, receipt.code),
        ConsentState=ConsentState,
        withdrawal_limits=WITHDRAWAL_LIMITS,
        code=qr_code(link),
        text="\n".join([*receipt_lines(receipt), "", f"Check or withdraw: {request.base_url}c/receipt"]),
        seat_page=seat_page,
        kiosk=kiosk,
    )


def _consent_studies(request: Request) -> list[Path]:
    return list(filter(has_database, list_study_folders(request.app.state.root)))


def _study_of_receipt(request: Request, code: str) -> Path:
    """Find the study whose audit log contains a receipt."""
    for folder in _consent_studies(request):
        try:
            find_receipt(folder, code)
        except StorageError:
            raise
        except MoviemotionError:
            continue
        return folder
    raise MoviemotionError("this code is unknown; check each character")


def _withdraw(request: Request, folder: Path, code: str) -> Receipt:
    job = get_jobs(request).get(folder)
    return erasure.withdraw(folder, code, defer_erasure=job is not None and job.stage in ACTIVE_STAGES)


def _withdraw_or_confirm(request: Request, folder: Path, code: str) -> Receipt:
    """Withdraw consent. If it was already withdrawn, return the receipt, so that double taps do no harm."""
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
    return studio_message(error, request.app.state.root)


def _kiosk_url(folder: Path) -> str:
    return f"/studies/{folder.name}/kiosk"


router.include_router(pages)
