"""The page of an evaluation, in a browser if one is installed."""

import pytest
from faces_folder import write_faces

from moviemotion.errors import MoviemotionError
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL, GroundTruth, evaluate
from moviemotion.lab.evaluation.evaluation_page import write_evaluation_page


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    data = tmp_path_factory.mktemp("faces")
    write_faces(data, train=1, test=33)
    path = data / "page.html"
    result = evaluate(data, "test", GroundTruth.CONSENSUS, other_model=SHIPPED_EMOTION_MODEL)
    write_evaluation_page(result, "<b>model.onnx", path)
    return path


def test_names_are_escaped_and_a_missing_folder_is_reported(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;model.onnx" in text
    assert "<b>model" not in text
    assert not page.with_name("page.html.partial").exists()
    result = evaluate(page.parent, "test", GroundTruth.LABEL)
    with pytest.raises(MoviemotionError, match=r"absent.*another page"):
        write_evaluation_page(result, "model", tmp_path / "absent" / "page.html")


def test_every_chart_is_drawn_without_an_error_or_a_request(page, browser):
    errors, requests = [], []
    with browser.new_page() as tab:
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(page.as_uri())
        for chart in ("protocol", "calibration", "confusion", "agreement"):
            assert tab.locator(f"#{chart} .hit").count() > 0
    assert errors == []
    assert requests == [page.as_uri()]


def test_the_numbers_of_faces_lie_under_every_point(page, browser):
    with browser.new_page() as tab:
        tab.goto(page.as_uri())
        boxes = [
            [one.bounding_box() for one in tab.locator(f"#agreement {what}").all()]
            for what in ("tspan:has-text('n=')", ".hit circle", ".title >> nth=0")
        ]
    numbers, points, (title,) = boxes
    assert len(numbers) == len(points) == 2
    assert max(p["y"] + p["height"] for p in points) <= min(n["y"] for n in numbers)
    assert max(n["y"] + n["height"] for n in numbers) <= title["y"]
