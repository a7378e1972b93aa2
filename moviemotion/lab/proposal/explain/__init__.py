"""`moviemotion lab explain`: evidence for the proposal's three questions, measured on a trained network.

The proposal answers three questions about convolutional networks: what early and late blocks detect, what
ReLU is for, and why such networks suit images. The answers are tested on a network with the proposal's
architecture:

- `network_inspection` records the intermediate values of the network.
- `receptive_field`, `patches`, `frequency_tuning`, `relu`, `activations` and `translation` measure it;
  `measure` collects the measurements for each question.
- `answer_blocks`, `answer_relu` and `answer_translation` compare the proposal's answers with the
  measurements, claim by claim.
- `evidence` holds the estimates and `figures` formats them; `explain_page`, `explain_charts` and
  `explain_pictures` create the page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text, check_writable
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.progress import StageCallback, ignore_stage
from moviemotion.lab.proposal.explain.answer_blocks import assess_blocks_answer
from moviemotion.lab.proposal.explain.answer_relu import assess_relu_answer
from moviemotion.lab.proposal.explain.answer_translation import assess_translation_answer
from moviemotion.lab.proposal.explain.evidence import write_evidence
from moviemotion.lab.proposal.explain.explain_page import ExplanationSettings, render_explanation
from moviemotion.lab.proposal.explain.measure import measure_blocks, measure_relu, measure_translation
from moviemotion.lab.proposal.explain.network_inspection import load_proposal_network, sample_faces
from moviemotion.lab.training.networks import ProposalNetwork

DEFAULT_MAX_FACES = 500
PAGE_FILE, EVIDENCE_FILE = "explain.html", "evidence.json"


def explain(
    runs: Sequence[Path],
    data: Path,
    split: str,
    out: Path,
    seed: int = 36,
    max_faces: int = DEFAULT_MAX_FACES,
    print_line: Callable[[str], None] = print,
    on_progress: StageCallback = ignore_stage,
) -> Path:
    """Measure the network of the first run on faces of `<data>/<split>`, and compare it with the other runs.

    Args:
        runs: folders of finished runs of the network deck36; the first run must use ReLU.
        out: folder for the page, `explain.html`, and the evidence, `evidence.json`.
        seed: random seed for the choice of faces and filters.
        max_faces: the maximum number of faces.
        print_line: called with lines of text for the user.
        on_progress: called with the name of each stage and its progress.

    Returns:
        The path of the page. The page contains faces from `data`; `evidence.json` contains none.

    Raises:
        MoviemotionError: a run or the data cannot be read or used, or `out` cannot be written.
    """
    check_writable(out)
    networks = [
        (name, load_proposal_network(run)) for name, run in zip(_unique_run_names(runs), runs, strict=True)
    ]
    if not networks:
        raise SettingError(
            "no-runs", "{runs}: no run was given; specify the folder of a finished run of the network deck36"
        )
    name, network = networks[0]
    if {network.architecture.conv_activation, network.architecture.dense_activation} != {"relu"}:
        raise MoviemotionError(
            f"{runs[0]}: not a ReLU network; list a run with ReLU first, followed by this one"
        )
    sample = sample_faces(data, split, max_faces, seed)
    print_line(f"{len(sample)} faces of {data / split}, reference labels: {sample.truth_source}; seed {seed}")
    blocks = measure_blocks(network, sample, seed, print_line, on_progress)
    relu = measure_relu(networks, sample, seed, print_line, on_progress)
    translation = measure_translation(network, sample, seed, print_line, on_progress)
    answers = assess_blocks_answer(blocks), assess_relu_answer(relu), assess_translation_answer(translation)
    about = ExplanationSettings(
        name,
        network.architecture.filters,
        network.architecture.kernels,
        sum(p.numel() for p in network.parameters()),
        data.name,
        split,
        seed,
    )
    html = render_explanation(about, sample, blocks, relu, translation, answers)
    out.mkdir(parents=True, exist_ok=True)
    atomic_write_text(out / PAGE_FILE, html)
    write_evidence(answers, _describe_architecture(network), out / EVIDENCE_FILE)
    return out / PAGE_FILE


def _unique_run_names(runs: Sequence[Path]) -> list[str]:
    """The runs' folder names, including parent folders if the names alone are not unique."""
    if len({run.name for run in runs}) == len(runs):
        return [run.name for run in runs]
    shared = Path(os.path.commonpath([run.resolve() for run in runs]))
    return [run.resolve().relative_to(shared).as_posix() for run in runs]


def _describe_architecture(network: ProposalNetwork) -> str:
    design = network.architecture
    parts = {"filters": design.filters, "kernels": design.kernels, "dense": design.dense}
    return ", ".join(f"{name} {_join_with_dashes(numbers)}" for name, numbers in parts.items())


def _join_with_dashes(numbers: Sequence[int]) -> str:
    return "-".join(map(str, numbers))
