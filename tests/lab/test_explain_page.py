"""`lab explain` from runs on disk to the page and its figures, and its errors."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("sklearn", reason="needs the lab extra (scikit-learn)")

from moviemotion.errors import MoviemotionError  # noqa: E402
from moviemotion.lab.evaluation.paired_comparison import compare_paired  # noqa: E402
from moviemotion.lab.proposal.explain import explain, figures  # noqa: E402
from moviemotion.lab.proposal.explain.activations import ActivationResult  # noqa: E402
from moviemotion.lab.proposal.explain.answer_blocks import assess_blocks_answer  # noqa: E402
from moviemotion.lab.proposal.explain.answer_relu import _comparison_claim  # noqa: E402
from moviemotion.lab.proposal.explain.evidence import (  # noqa: E402
    Claim,
    ClaimVerdict,
    exact_estimate,
    mean_estimate,
    mean_share_estimate,
    overall_verdict,
    share_estimate,
)
from moviemotion.lab.training.config import TrainingConfig  # noqa: E402
from moviemotion.lab.training.networks import build_network  # noqa: E402
from moviemotion.lab.training.runs import RUN_FILE, WEIGHTS_FILE, TrainedRun  # noqa: E402


def write_run(folder, name="deck36", targets="labels", **options):
    if name == "deck36":
        options = {"filters": [4, 6, 6, 6, 4], "dense": [8, 8], **options}
    config = TrainingConfig(network=name, options=options, targets=targets)
    torch.manual_seed(3)
    folder.mkdir(parents=True)
    torch.save(build_network(name, config.n_outputs, options).state_dict(), folder / WEIGHTS_FILE)
    (folder / RUN_FILE).write_text(json.dumps(asdict(TrainedRun(config, (), 1.0, 0, 0, ()))))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder, train=12, test=6)
    return folder


@pytest.fixture(scope="module")
def made(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    others = ("leaky_relu", "identity")
    runs = [
        write_run(folder / "first"),
        *(write_run(folder / name, conv_activation=name, dense_activation=name) for name in others),
    ]
    page = explain(runs, data, "train", folder / "out", 1, print_line=lambda line: None)
    return runs, page


def test_the_page_is_complete_and_warns_that_it_shows_faces(made):
    _, page = made
    html = page.read_text(encoding="utf-8")
    body = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert "faces from your data" in body
    assert not re.search(r"(src|href)=\"(?!data:|#)", body)
    assert html.count("data:image/png;base64,") > 30
    for text in ("Leaky ReLU", "no activation", "block 5", "48 distinct faces"):
        assert text in body
    charts = re.findall(r'class="chart[^"]*" id="(\w+)"', body)
    assert len(charts) == 12
    assert "<script" not in html
    assert not list(page.parent.glob("*.partial"))


def test_the_evidence_has_sentences_values_and_intervals(made):
    _, page = made
    evidence = json.loads((page.parent / "evidence.json").read_text(encoding="utf-8"))
    assert evidence["network"] == "filters 4-6-6-6-4, kernels 3-3-2-2-2, dense 8-8"
    assert list(evidence["figures"]) == ["blocks", "relu", "translation"]
    for one in (one for listed in evidence["figures"].values() for one in listed):
        assert set(one) == {"text", "value", "interval", "n"}
        assert one["text"].endswith(".")
        assert isinstance(one["value"], float)
        assert one["n"] > 0
        if one["interval"] is not None:
            assert one["interval"][0] <= one["value"] <= one["interval"][1]


def test_pages_are_reproducible_and_eight_outputs_are_reduced_to_four(data, tmp_path):
    runs = [write_run(tmp_path / "votes", targets="votes")]
    one, two = (explain(runs, data, "test", tmp_path / k, 1, 24, lambda line: None) for k in "ab")
    assert one.read_bytes() == two.read_bytes()
    assert (one.parent / "evidence.json").read_bytes() == (two.parent / "evidence.json").read_bytes()


def test_a_difference_in_encoded_emotion_is_claimed_only_if_measured(made, data, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "moviemotion.lab.proposal.explain.assess_blocks_answer",
        lambda m: seen.append(m) or assess_blocks_answer(m),
    )
    explain(made[0][:1], data, "train", tmp_path / "out", 1, print_line=lambda line: None)
    right, wrong = np.ones(48, bool), np.zeros(48, bool)
    for late, verdict in ((right, ClaimVerdict.INCOMPLETE), (wrong, ClaimVerdict.INCONCLUSIVE)):
        blocks = replace(seen[0], last_against_first=compare_paired(late, wrong, "block 1"))
        claim = assess_blocks_answer(blocks).claims[-1]
        assert claim.verdict is verdict
        assert ("They also differ" in claim.explanation) is (verdict is ClaimVerdict.INCOMPLETE)


def test_invalid_inputs_are_reported_and_nothing_is_written(made, data, tmp_path):
    runs, _ = made
    out = tmp_path / "out"

    def rejects(match, runs, data=data, split="train"):
        with pytest.raises(MoviemotionError, match=match) as error:
            explain(runs, data, split, out, 1, print_line=lambda line: None)
        assert "\n" not in str(error.value)
        assert not out.exists()

    rejects("runs: no run was given", [])
    with pytest.raises(MoviemotionError, match="not a writable folder"):
        explain([], data, "train", runs[0] / "run.json", 1)
    rejects("does not contain a finished run", [tmp_path / "nowhere"])
    rejects("deck36", [write_run(tmp_path / "small", "compact", "votes")])
    rejects("not a ReLU network", runs[1:])
    rejects("no such folder", runs, split="absent")
    few = tmp_path / "few"
    write_faces(few, train=4, test=1)
    rejects("add faces until it contains 5 for each of", runs, data=few)


def test_overall_verdicts():
    right, wrong = (Claim("", verdict, "") for verdict in (ClaimVerdict.CORRECT, ClaimVerdict.INCORRECT))
    undecided = Claim("", ClaimVerdict.INCONCLUSIVE, "")
    assert overall_verdict([right, right, undecided]) is ClaimVerdict.CORRECT
    assert overall_verdict([wrong, wrong]) is ClaimVerdict.INCORRECT
    assert overall_verdict([right, wrong]) is ClaimVerdict.INCOMPLETE
    assert overall_verdict([undecided]) is ClaimVerdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("only_relu", "only_leaky", "verdict"),
    [
        (60, 20, ClaimVerdict.CORRECT),
        (45, 20, ClaimVerdict.INCOMPLETE),
        (24, 20, ClaimVerdict.INCONCLUSIVE),
        (20, 60, ClaimVerdict.INCORRECT),
    ],
)
def test_the_published_gain_of_relu_is_assessed(only_relu, only_leaky, verdict):
    relu_right = np.zeros(500, dtype=bool)
    leaky_right = relu_right.copy()
    relu_right[:only_relu] = True
    leaky_right[only_relu : only_relu + only_leaky] = True
    made = [
        ActivationResult("a", activation, share_estimate(1, 2), exact_estimate(1, 2), 1, 0, 1, 0, against)
        for activation, against in (
            ("ReLU", None),
            ("Leaky ReLU", compare_paired(leaky_right, relu_right, "a")),
        )
    ]
    assert _comparison_claim(*made).verdict is verdict


def test_estimates_are_formatted():
    assert mean_estimate([1.0, 3.0, 2.0]).value == 2
    assert mean_share_estimate([1.0, 1.0, 0.9]).high == 1
    assert figures.format_number(3.2e-16) == "3 × 10⁻¹⁶"
    assert figures.format_number(-0.5) == "−0.50"
    assert figures.format_number(float("nan")) == "–"
    assert exact_estimate(4, 1).is_disjoint_from(exact_estimate(5, 1)) is False
