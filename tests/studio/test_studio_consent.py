"""Consent, receipts and withdrawal, on pages without JavaScript and through the API."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from studio_servers import renew_token

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.disclosure import ACCEPT_TEXT, DECLINE_TEXT, load_disclosure
from moviemotion.privacy.roles import Role
from moviemotion.privacy.seat_links import seat_tokens
from moviemotion.privacy.study_database import ConsentTerms, DataKind
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.app import create_app

SEATS = ("A 1", "A 2")
PASSWORD = "four words and more"


@pytest.fixture
def asked(root: Path) -> Path:
    """A study with two seats whose viewers have not been asked yet."""
    folder = root / "premiere"
    retention.begin_study(folder, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    for seat in SEATS:
        consent.add_seat(folder, seat, f"cam-{seat[-1]}")
    return folder


@pytest.fixture
def phone(app: FastAPI) -> TestClient:
    """A browser without JavaScript: it only sends the CSRF tokens of the page's forms."""
    return TestClient(app, base_url="http://localhost")


def page_of(folder: Path, seat: str = SEATS[0]) -> str:
    return f"/c/{seat_tokens(folder)[seat]}"


def answer(phone: httpx2.Client, page: str, said: str, **other: str) -> Response:
    """Fill in and send the form of a page."""
    fields = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', phone.get(f"{page}?again=2").text)
    )
    return phone.post(page, data={**fields, "answer": said, **other}, follow_redirects=True)


def code_in(text: str) -> str:
    return re.search(r'data-code="([0-9a-f-]{35})"', text)[1]


def states(folder: Path) -> list[ConsentState | None]:
    return [seat.state for seat in consent.list_seats(folder)]


def test_the_address_of_a_seat_is_unguessable_and_stable(asked: Path, phone: TestClient) -> None:
    tokens = seat_tokens(asked)
    assert tokens == seat_tokens(asked)
    assert all(re.fullmatch("[a-z2-7]{24}", token) for token in tokens.values())
    assert len(set(tokens.values())) == 2
    token = tokens["A 1"]
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert phone.get(f"/c/{wrong}").status_code == 404
    assert phone.get(f"/c/{token.upper()}").status_code == 200
    assert phone.get("/c/short").status_code == 404


def test_the_page_shows_the_complete_disclosure_and_viewing_it_writes_nothing(
    asked: Path, phone: TestClient
) -> None:
    page = phone.get(page_of(asked))
    assert page.headers["cache-control"] == "no-store"
    disclosure = load_disclosure(asked)
    for words in (
        disclosure.summary,
        ACCEPT_TEXT,
        DECLINE_TEXT,
        *(p for section in disclosure.sections for p in section.sentences),
    ):
        assert words in page.text.replace("&#39;", "'")
    assert states(asked) == [None, None]


@pytest.mark.parametrize(("said", "state"), [("yes", ConsentState.ACCEPTED), ("no", ConsentState.DECLINED)])
def test_an_answer_without_javascript_returns_a_receipt_that_can_be_reopened(
    asked: Path, phone: TestClient, said: str, state: ConsentState
) -> None:
    receipt = answer(phone, page_of(asked), said)
    assert states(asked) == [state, None]
    code = code_in(receipt.text)
    assert consent.find_receipt(asked, code).state is state
    assert code_in(phone.get(page_of(asked)).text) == code
    # The cookie with the code goes to this seat's page, and to no other.
    assert "data-code" not in phone.get(page_of(asked, SEATS[1])).text


def test_a_damaged_study_does_not_stop_the_others(asked: Path, root: Path, phone: TestClient) -> None:
    (root / "damaged").mkdir()
    (root / "damaged" / "study.db").write_text("not a database")
    code = code_in(answer(phone, page_of(asked), "yes").text)
    csrf = re.search(r'name="csrf" value="(\w+)"', phone.get("/c/receipt").text)
    assert csrf
    assert "You said yes" in phone.post("/c/receipt", data={"csrf": csrf[1], "code": code}).text


def test_another_phone_does_not_see_the_receipt(asked: Path, phone: TestClient, app: FastAPI) -> None:
    answer(phone, page_of(asked), "yes")
    other = TestClient(app, base_url="http://localhost").get(page_of(asked))
    assert "data-code" not in other.text
    assert "This seat has already answered" in other.text


def test_a_participant_who_declined_can_accept(asked: Path, phone: TestClient) -> None:
    answer(phone, page_of(asked), "no")
    answer(phone, page_of(asked), "yes")
    assert states(asked)[0] is ConsentState.ACCEPTED


def test_an_answer_to_an_older_disclosure_is_refused(asked: Path, phone: TestClient) -> None:
    before = load_disclosure(asked)
    retention.shorten_retention(asked, DataKind.SAMPLES, before.deletion_dates["samples"].replace(day=1))
    page = answer(phone, page_of(asked), "yes", version=before.version)
    assert page.status_code == 409
    assert "has changed since" in page.text
    assert ConsentState.ACCEPTED not in states(asked)


def test_answers_are_refused_after_the_screening(asked: Path, phone: TestClient, client: TestClient) -> None:
    page, kiosk = page_of(asked), "/studies/premiere/kiosk/A 1"
    opened = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', phone.get(page).text))
    code = code_in(answer(phone, page_of(asked, SEATS[1]), "yes").text)
    (asked / "provenance.json").write_text("{}", encoding="utf-8")
    late = phone.post(page, data={**opened, "answer": "yes"})
    assert late.status_code == 409
    for text in (late.text, phone.get(page).text, client.get(kiosk).text):
        assert "The screening has finished" in text
        assert 'name="answer"' not in text
    said = {"accepts": True, "version": load_disclosure(asked).version}
    assert client.post(f"/api{page.replace('/c/', '/consent/')}", json=said).status_code == 400
    assert states(asked) == [None, ConsentState.ACCEPTED]
    assert code_in(phone.get(page_of(asked, SEATS[1])).text) == code  # the receipt holds


def test_a_form_without_the_csrf_token_is_refused(asked: Path, phone: TestClient) -> None:
    page = answer(phone, page_of(asked), "yes", csrf="0" * 64)
    assert "open for too long" in page.text
    assert page.url.path == page_of(asked)
    there = phone.post("http://localhost//elsewhere.example/c", data={"a": "b"}, follow_redirects=False)
    assert there.headers["location"] == "/elsewhere.example/c?again=1"
    assert states(asked) == [None, None]


def test_a_form_from_another_site_is_refused(asked: Path, phone: TestClient) -> None:
    phone.headers["Origin"] = "https://elsewhere.example"
    answer(phone, page_of(asked), "yes")
    assert states(asked) == [None, None]


def test_withdrawal_with_the_code_returns_a_receipt(asked: Path, phone: TestClient) -> None:
    code = code_in(answer(phone, page_of(asked), "yes").text)
    form = phone.get("/c/receipt").text
    csrf = re.search(r'name="csrf" value="(\w+)"', form)[1]
    shown = phone.post("/c/receipt", data={"csrf": csrf, "code": f" {code.upper()} "})
    assert "You said yes" in shown.text
    withdrawn = phone.post("/c/receipt", data={"csrf": csrf, "code": code, "withdraw": "yes"})
    assert "You have withdrawn" in withdrawn.text
    assert states(asked) == [None, None]
    assert consent.find_receipt(asked, code_in(withdrawn.text)).state is ConsentState.WITHDRAWN
    assert "Nothing is stored about you anymore" in phone.get(page_of(asked)).text


def test_two_withdrawals_at_once_both_confirm(asked: Path, served: str) -> None:
    with httpx2.Client(base_url=served, timeout=60) as phone:
        code = code_in(answer(phone, page_of(asked), "yes").text)
        csrf = re.search(r'name="csrf" value="(\w+)"', phone.get("/c/receipt").text)
        assert csrf
        form = {"csrf": csrf[1], "code": code, "withdraw": "yes"}
        with ThreadPoolExecutor(8) as taps:
            shown = list(taps.map(lambda _: phone.post("/c/receipt", data=form), range(8)))
        renew_token(phone)
        late = phone.post("/api/receipts/withdraw", json={"code": code})
    assert [page.status_code for page in shown] == [200] * 8
    assert sum("You have withdrawn" in page.text for page in shown) == 1
    assert sum("Nothing is stored about you anymore" in page.text for page in shown) == 7
    assert late.status_code == 400
    assert states(asked) == [None, None]


def test_an_unknown_code_is_reported(asked: Path, client: TestClient) -> None:
    assert client.post("/api/receipts/check", json={"code": "1234"}).status_code == 400
    form = {"csrf": client.headers["X-CSRF-Token"], "code": "1234"}
    assert "check each character" in client.post("/c/receipt", data=form).text


def test_a_code_can_be_typed_in_capitals_and_with_spaces(asked: Path, phone: TestClient) -> None:
    code = code_in(answer(phone, page_of(asked), "yes").text)
    for typed in (f" {code.upper()} ", code.replace("-", " "), code.replace("-", "")):
        assert consent.find_receipt(asked, typed).code == code
        assert consent.state_by_receipt(asked, typed) is ConsentState.ACCEPTED
    with pytest.raises(MoviemotionError):
        consent.find_receipt(asked, code[:-1])


def test_the_same_steps_through_the_api(asked: Path, client: TestClient) -> None:
    path = f"/api/consent/{seat_tokens(asked)['A 2']}"
    question = client.get(path).json()
    assert (question["seat"], question["state"]) == ("A 2", None)
    refused = client.post(path, json={"accepts": True, "version": "0" * 16})
    assert refused.status_code == 400
    receipt = client.post(path, json={"accepts": True, "version": question["disclosure"]["version"]}).json()
    assert client.post("/api/receipts/check", json={"code": receipt["code"]}).json() == receipt
    assert states(asked) == [None, ConsentState.ACCEPTED]
    withdrawn = client.post("/api/receipts/withdraw", json={"code": receipt["code"]}).json()
    assert withdrawn["state"] == "withdrawn"
    assert states(asked) == [None, None]


def test_a_study_expires_on_its_deletion_date(asked: Path, client: TestClient, phone: TestClient) -> None:
    retention.shorten_retention(asked, DataKind.PICTURES, date(2020, 1, 1))
    page, api = page_of(asked), f"/api/studies/{asked.name}"
    assert (refused := phone.get(page)).status_code == 409
    assert "This study has expired, so answers are no longer accepted" in refused.text
    assert client.get(f"/api/consent/{page[3:]}").status_code == 409
    assert client.get(f"{api}/screening").json()["stage"] == "expired"
    started = client.post(f"{api}/screening")
    assert (started.status_code, "premiere: expired on 2020-01-01" in started.text) == (400, True)
    assert 'class="stage expired"' in client.get("/").text


def test_the_kiosk_shows_which_seats_have_answered_and_stores_no_receipt(
    asked: Path, client: TestClient
) -> None:
    kiosk = "/studies/premiere/kiosk"
    answer(client, f"{kiosk}/A 1", "no")
    receipt = answer(client, f"{kiosk}/A 2", "yes")
    assert code_in(receipt.text)
    assert not any(cookie.name == "receipt" for cookie in client.cookies.jar)
    seats = client.get(kiosk).text
    assert seats.count("<small>answered</small>") == 2
    assert "declined" not in seats
    assert states(asked) == [ConsentState.DECLINED, ConsentState.ACCEPTED]


def test_a_seat_label_can_be_any_text(asked: Path, client: TestClient) -> None:
    consent.add_seat(asked, "Row 1/7 & <b>", "cam-3")
    link = re.search(r'href="(/studies/premiere/kiosk/Row[^"]*)"', client.get("/studies/premiere/kiosk").text)
    assert link
    receipt = answer(client, link[1], "no")
    assert consent.find_receipt(asked, code_in(receipt.text)).state is ConsentState.DECLINED
    assert "<b>" not in client.get("/studies/premiere/seats").text.split("Row 1/7")[1][:12]


@pytest.mark.parametrize(
    ("opened_at", "warns"), [("localhost:8036", True), ("0.0.0.0:8036", True), ("192.0.2.7:8036", False)]
)
def test_codes_that_phones_cannot_open_have_a_warning(
    asked: Path, root: Path, opened_at: str, warns: bool
) -> None:
    """This also applies to a studio with accounts: a code has the address at which the page was opened."""
    AccountStore(root).add("ada", Role.RESEARCHER, PASSWORD)
    with TestClient(create_app(root, AccountStore(root)), base_url=f"http://{opened_at}") as client:
        renew_token(client)
        client.post("/api/session", json={"name": "ada", "password": PASSWORD})
        sheet = client.get("/studies/premiere/seats").text
    assert f"http://{opened_at}/c/" in sheet
    assert ("work only on this computer" in sheet) is warns


def test_each_seat_card_has_the_code_of_its_page(asked: Path, client: TestClient) -> None:
    sheet = client.get("/studies/premiere/seats").text
    assert sheet.count("<svg") == 2
    for seat, token in seat_tokens(asked).items():
        assert f"http://localhost/c/{token}" in sheet
        assert f"Seat {seat}" in sheet
