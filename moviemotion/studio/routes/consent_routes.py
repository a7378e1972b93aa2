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
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.consent import Receipt, Seat, State, check_receipt, seats, state_with
from moviemotion.privacy.disclosure import Disclosure, disclosure_of
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.seat_links import seat_tokens, seat_with
from moviemotion.privacy.status import receipt_lines
from moviemotion.privacy.study_database import NoRoomError, is_governed, opened
from moviemotion.studio.accounts import Person, needs
from moviemotion.studio.dependencies import FAULTS, StudyFolder, render, study_folders
from moviemotion.studio.messages import told
from moviemotion.studio.request_guard import EVERYWHERE, HOME, limited
from moviemotion.studio.routes.study_routes import jobs_of
from moviemotion.studio.screening_state import AT_WORK

RECEIPT = "receipt"
"""Name of the cookie that keeps a receipt in the browser of who has it; it is sent to their page only."""
KEPT = 3 * 365 * 24 * 3600
"""Seconds for which a browser keeps it: as long as anything may be held."""
TOO_LONG = "The page was open for too long. Please answer once more."
OVER = "the film has been shown and read, so nobody is asked any more"

router = APIRouter(tags=["consent"], responses=FAULTS)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

# A whole cinema behind one address answers within minutes; somebody who guesses codes gets nowhere.
limited_seats = Depends(limited("consent", "600/minute"))
limited_codes = Depends(limited("receipts", "120/minute"))

AtSeat = Annotated[Person, Depends(needs(Role.RESEARCHER, Role.SEAT))]
Host = Annotated[Person, Depends(needs(Role.RESEARCHER))]


class Asked(BaseModel):
    """What somebody at a seat is asked."""

    seat: str
    state: State | None = Field(description="What was answered at this seat; null before it was asked.")
    disclosure: Disclosure


class Answer(BaseModel):
    """What they say."""

    accepts: bool
    version: str = Field(max_length=64, description="Of the disclosure that they have read.")


class Code(BaseModel):
    """A receipt's code."""

    code: str = Field(max_length=64)


def seat_of(
    request: Request,
    token: Annotated[str, InPath(description="What stands in the address of the seat's page.")],
) -> tuple[Path, str]:
    """The study and the seat of a page."""
    found = seat_with(_studies(request), token)
    if found is None:
        raise HTTPException(404, "this page does not exist any more, or never did; ask whoever invited you")
    return found


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was sent without scripts."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


AtPage = Annotated[tuple[Path, str], Depends(seat_of)]
Form = Annotated[dict[str, str], Depends(form_of)]


@router.get("/api/consent/{token}", summary="What somebody at a seat is told", dependencies=[limited_seats])
def asked(at: AtPage) -> Asked:
    folder, seat = at
    _refuse_over(folder)
    return Asked(seat=seat, state=_seat(folder, seat).state, disclosure=disclosure_of(folder))


@router.post(
    "/api/consent/{token}",
    summary="Accept or decline",
    description="An answer to a disclosure that has changed since is refused: show the new one. So is one "
    "that comes after the film.",
    dependencies=[limited_seats],
)
def say(at: AtPage, said: Answer) -> Receipt:
    return _say(at, said.accepts, said.version)


@router.post("/api/receipts/check", summary="A receipt as the audit log has it", dependencies=[limited_codes])
def check(request: Request, given: Code) -> Receipt:
    return check_receipt(_study_with(request, given.code), given.code)


@router.post(
    "/api/receipts/withdraw",
    summary="Withdraw",
    description="All that is held about the viewer is erased and the results are made again. While a "
    "screening runs, they are not watched any more, and erased at its end.",
    dependencies=[limited_codes],
)
def withdraw(request: Request, given: Code) -> Receipt:
    return _withdrawn(request, _study_with(request, given.code), given.code)


@pages.get("/c/receipt", dependencies=[limited_codes])
def receipt_asked(request: Request) -> HTMLResponse:
    return render(request, "code.html", fault="", code="")


@pages.post("/c/receipt", dependencies=[limited_codes])
def receipt_shown(request: Request, form: Form) -> HTMLResponse:
    """What a code stands for; with the field `withdraw`, its consent is taken back first."""
    code = form.get("code", "").strip()
    try:
        folder = _study_with(request, code)
        receipt = (
            _withdrawn_or_gone(request, folder, code) if "withdraw" in form else check_receipt(folder, code)
        )
    except MoviemotionError as error:
        return render(request, "code.html", 404, fault=_words(request, error), code=code)
    return _receipt(request, folder, receipt)


@pages.get("/c/{token}", dependencies=[limited_seats])
def seat_page(request: Request, at: AtPage, again: int = 0) -> HTMLResponse:
    """The question; who has answered it in this browser sees their receipt, unless they want it again."""
    code = request.cookies.get(RECEIPT)
    if code and not again:
        try:
            return _receipt(request, at[0], check_receipt(at[0], code), seat_page=request.url.path)
        except MoviemotionError:
            pass  # of another study that lay here
    return _question(request, at, TOO_LONG if again == 1 else "")


@pages.post("/c/{token}", dependencies=[limited_seats])
def seat_answered(request: Request, at: AtPage, form: Form) -> Response:
    try:
        receipt = _answer(at, form)
    except MoviemotionError as error:
        return _question(request, at, _words(request, error), 409)
    # Their own browser alone keeps the code, so that the page can be opened again.
    there = RedirectResponse(request.url.path, 303)
    secure = request.url.scheme == "https"
    there.set_cookie(RECEIPT, receipt.code, KEPT, path=request.url.path, secure=secure, httponly=True)
    return there


@pages.get("/studies/{study}/kiosk")
def kiosk_page(request: Request, folder: StudyFolder, person: AtSeat) -> HTMLResponse:
    return render(request, "kiosk.html", study=folder.name, seats=seats(folder))


@pages.get("/studies/{study}/kiosk/{seat:path}")
def kiosk_seat(
    request: Request, folder: StudyFolder, seat: str, person: AtSeat, again: int = 0
) -> HTMLResponse:
    return _question(request, (folder, seat), TOO_LONG if again else "", kiosk=_kiosk(folder))


@pages.post("/studies/{study}/kiosk/{seat:path}")
def kiosk_answered(
    request: Request, folder: StudyFolder, seat: str, person: AtSeat, form: Form
) -> HTMLResponse:
    """The receipt is shown once: a shared tablet keeps nothing."""
    try:
        receipt = _answer((folder, seat), form)
    except MoviemotionError as error:
        return _question(request, (folder, seat), _words(request, error), 409, _kiosk(folder))
    return _receipt(request, folder, receipt, kiosk=_kiosk(folder))


@pages.get("/studies/{study}/seats")
def seats_sheet(request: Request, folder: StudyFolder, person: Host) -> HTMLResponse:
    """To be printed, cut and laid on the seats."""
    cards = [
        {"seat": seat, "url": (url := f"{request.base_url}c/{token}"), "code": qr_code(url)}
        for seat, token in seat_tokens(folder).items()
    ]
    local = request.url.hostname in {*HOME, *EVERYWHERE}
    at_home = request.app.state.access is None
    return render(request, "seats.html", study=folder.name, cards=cards, local=local, at_home=at_home)


def qr_code(text: str) -> Markup:
    """A QR code as SVG, black on white in every theme: not every reader knows the reverse."""
    return Markup(segno.make_qr(text, error="M").svg_inline(omitsize=True, svgclass="qr", light="#fff"))


def _question(
    request: Request, at: tuple[Path, str], note: str, status: int = 200, kiosk: str = ""
) -> HTMLResponse:
    folder, name = at
    _refuse_over(folder)
    seat = _seat(folder, name)
    taken = seat.state in (State.ACCEPTED, State.WITHDRAWN)
    return render(
        request,
        "question.html",
        status,
        seat=name,
        taken=taken,
        over=is_finished(folder),
        told=disclosure_of(folder),
        note=note,
        kiosk=kiosk,
    )


def _refuse_over(folder: Path) -> None:
    with opened(folder) as register:
        if register.past():
            raise HTTPException(409, "this screening is over; nobody is asked any more")


def _answer(at: tuple[Path, str], form: Mapping[str, str]) -> Receipt:
    if form.get("answer") not in ("yes", "no"):
        raise MoviemotionError("please answer yes or no")
    return _say(at, form["answer"] == "yes", form.get("version", ""))


def _say(at: tuple[Path, str], accepts: bool, version: str) -> Receipt:
    folder, seat = at
    if is_finished(folder):
        raise MoviemotionError(OVER)
    return consent.answer(folder, consent.ask(folder, seat), accepts, version)


def _receipt(
    request: Request, folder: Path, receipt: Receipt, seat_page: str = "", kiosk: str = ""
) -> HTMLResponse:
    """
    Args:
        seat_page, kiosk: where it goes on from here, if anywhere.
    """
    link = f"{request.base_url}c/receipt#{receipt.code}"
    return render(
        request,
        "receipt.html",
        receipt=receipt,
        now=state_with(folder, receipt.code),
        State=State,
        code=qr_code(link),
        lines="\n".join([*receipt_lines(receipt), "", f"Check it, or withdraw: {request.base_url}c/receipt"]),
        seat_page=seat_page,
        kiosk=kiosk,
    )


def _studies(request: Request) -> list[Path]:
    return list(filter(is_governed, study_folders(request.app.state.root)))


def _study_with(request: Request, code: str) -> Path:
    """The study whose log knows a receipt."""
    for folder in _studies(request):
        try:
            check_receipt(folder, code)
        except NoRoomError:
            raise
        except MoviemotionError:
            continue
        return folder
    raise MoviemotionError("nothing is known here of this code; check each letter")


def _withdrawn(request: Request, folder: Path, code: str) -> Receipt:
    job = jobs_of(request).of(folder)
    return erasure.withdraw(folder, code, later=job is not None and job.stage in AT_WORK)


def _withdrawn_or_gone(request: Request, folder: Path, code: str) -> Receipt:
    """Who taps twice sees the second answer, which is to be no fault."""
    try:
        return _withdrawn(request, folder, code)
    except MoviemotionError:
        if state_with(folder, code) is not None:
            raise
        return check_receipt(folder, code)


def _seat(folder: Path, name: str) -> Seat:
    for seat in seats(folder):
        if seat.seat == name:
            return seat
    raise HTTPException(404, f"seat {name}: no such seat; check the name")


def _words(request: Request, error: MoviemotionError) -> str:
    return told(str(error), request.app.state.root)


def _kiosk(folder: Path) -> str:
    return f"/studies/{folder.name}/kiosk"


router.include_router(pages)
