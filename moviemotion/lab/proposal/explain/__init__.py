"""`moviemotion lab explain`: evidence for the deck's three questions, computed on a trained network.

`inside` looks into the network; `receptive`, `patches`, `tuning`, `relu`, `activations` and `shifts` measure;
`answer_…` say what that means for the deck's answers; `page` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text, check_writable
from moviemotion.errors import MoviemotionError
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
) -> Path:
    """Measure the first run's network on faces of `<data>/<split>`, and compare it with the other runs.

    Args:
        runs: folders of finished runs of the deck36 family; the first has ReLU.
        out: folder for the page, `explain.html`, and its figures, `evidence.json`.
        faces: at most so many are drawn.

    Returns:
        The page. It holds faces from `data`; `evidence.json` holds none.

    Raises:
        MoviemotionError: a run or the data cannot be read or do not fit, or `out` cannot be written.
    """
    check_writable(out)
    networks = [
        (name, load_proposal_network(run)) for name, run in zip(_unique_run_names(runs), runs, strict=True)
    ]
    if not networks:
        raise MoviemotionError("--run: none given; name the folder of a finished deck36 run")
    name, network = networks[0]
    if {network.architecture.conv_activation, network.architecture.dense_activation} != {"relu"}:
        raise MoviemotionError(f"{runs[0]}: not a ReLU network; name one first, and this one after it")
    sample = sample_faces(data, split, max_faces, seed)
    print_line(f"{len(sample)} faces of {data / split}, truth: {sample.truth_source}; seed {seed}")
    blocks = measure_blocks(network, sample, seed, print_line)
    relu = measure_relu(networks, sample, seed, print_line)
    translation = measure_translation(network, sample, seed, print_line)
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
    """Their folders' names, with as much of the way to them as keeps them apart."""
    if len({run.name for run in runs}) == len(runs):
        return [run.name for run in runs]
    shared = Path(os.path.commonpath([run.resolve() for run in runs]))
    return [run.resolve().relative_to(shared).as_posix() for run in runs]


def _describe_architecture(network: ProposalNetwork) -> str:
    design = network.architecture
    return f"filters {_join_with_dashes(design.filters)}, kernels {_join_with_dashes(design.kernels)}, dense {_join_with_dashes(design.dense)}"


def _join_with_dashes(numbers: Sequence[int]) -> str:
    return "-".join(map(str, numbers))
