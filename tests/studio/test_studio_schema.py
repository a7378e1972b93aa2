"""Requests generated from the OpenAPI schema never cause a server error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moviemotion.privacy import consent, retention
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE, ConsentTerms
from moviemotion.studio.app import create_app

EXAMPLES = 15
"""Requests per route and mode: valid ones and invalid ones."""
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
Api = tuple[BaseSchema, dict[str, str]]
STUDIES = ("the-last-ferry", "preview")


@pytest.fixture(scope="module")
def api(finished_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The schema of a studio with a finished study and a new one."""
    folder = tmp_path_factory.mktemp("schema")
    (root := folder / "studies").mkdir()
    shutil.copytree(finished_study, root / STUDIES[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEYS_FOLDER_VARIABLE, str(folder / "keys"))
        retention.begin_study(root / STUDIES[1], ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
        consent.add_seat(root / STUDIES[1], "A1", "seat-01")
        app = create_app(root)
        with TestClient(app, base_url="http://localhost") as client:
            token = client.get("/api/session")
            headers = {
                "Host": "localhost",
                "X-CSRF-Token": token.json()["csrf"],
                "Cookie": token.headers["set-cookie"].partition(";")[0],
            }
            yield schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=headers), headers


DRAWN = [
    ("GET", GenerationMode.POSITIVE),
    ("DELETE", GenerationMode.POSITIVE),
    ("POST", GenerationMode.POSITIVE),
    ("POST", GenerationMode.NEGATIVE),
    ("PUT", GenerationMode.POSITIVE),
    ("PUT", GenerationMode.NEGATIVE),
]
"""Requests without a body are only generated as valid ones: their path parameters are random anyway."""


@pytest.mark.parametrize(("method", "mode"), DRAWN)
def test_no_request_causes_a_server_error(api: Api, method: str, mode: GenerationMode) -> None:
    """Half of the requests are about studies that exist."""
    schema, headers = api
    routes = [found.ok() for found in schema.get_all_operations()]
    answered: set[int] = set()
    for route in (route for route in routes if route.method.upper() == method):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=route.as_strategy(mode), study=st.sampled_from([*STUDIES, ""]))
        def ask(case: schemathesis.Case, study: str) -> None:
            if study and "study" in case.path_parameters:
                case.path_parameters["study"] = study
            answered.add(case.call_and_validate(headers=headers, checks=CHECKED).status_code)

        ask()
    assert answered - {400, 403}, "only the guard has answered"
