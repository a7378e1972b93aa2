"""`moviemotion lab explain`: evidence for the deck's three questions, computed on a trained network.

`inside` looks into the network; `receptive`, `patches`, `tuning`, `relu`, `activations` and `shifts` measure;
`answer_…` say what that means for the deck's answers; `page` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from moviemotion._io.atomic_files import refuse_unwritable, write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.lab.proposal.explain.answer_blocks import about_blocks
from moviemotion.lab.proposal.explain.answer_relu import about_relu
from moviemotion.lab.proposal.explain.answer_translation import about_translation
from moviemotion.lab.proposal.explain.evidence import write_evidence
from moviemotion.lab.proposal.explain.explain_page import About, render
from moviemotion.lab.proposal.explain.measure import measure_blocks, measure_relu, measure_translation
from moviemotion.lab.proposal.explain.network_inspection import load_network, sample_faces
from moviemotion.lab.training.networks import DeckNetwork

FACES = 500
PAGE, EVIDENCE = "explain.html", "evidence.json"


def explain(
    runs: Sequence[Path],
    data: Path,
    split: str,
    out: Path,
    seed: int = 36,
    faces: int = FACES,
    say: Callable[[str], None] = print,
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
    refuse_unwritable(out)
    networks = [(name, load_network(run)) for name, run in zip(_names(runs), runs, strict=True)]
    if not networks:
        raise MoviemotionError("--run: none given; name the folder of a finished deck36 run")
    name, network = networks[0]
    if {network.design.conv_activation, network.design.dense_activation} != {"relu"}:
        raise MoviemotionError(f"{runs[0]}: not a ReLU network; name one first, and this one after it")
    sample = sample_faces(data, split, faces, seed)
    say(f"{len(sample)} faces of {data / split}, truth: {sample.truth_is}; seed {seed}")
    blocks = measure_blocks(network, sample, seed, say)
    relu = measure_relu(networks, sample, seed, say)
    translation = measure_translation(network, sample, seed, say)
    answers = about_blocks(blocks), about_relu(relu), about_translation(translation)
    about = About(
        name,
        network.design.filters,
        network.design.kernels,
        sum(p.numel() for p in network.parameters()),
        data.name,
        split,
        seed,
    )
    html = render(about, sample, blocks, relu, translation, answers)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / PAGE, html)
    write_evidence(answers, _described(network), out / EVIDENCE)
    return out / PAGE


def _names(runs: Sequence[Path]) -> list[str]:
    """Their folders' names, with as much of the way to them as keeps them apart."""
    if len({run.name for run in runs}) == len(runs):
        return [run.name for run in runs]
    shared = Path(os.path.commonpath([run.resolve() for run in runs]))
    return [run.resolve().relative_to(shared).as_posix() for run in runs]


def _described(network: DeckNetwork) -> str:
    design = network.design
    return (
        f"filters {_dashed(design.filters)}, kernels {_dashed(design.kernels)}, dense {_dashed(design.dense)}"
    )


def _dashed(numbers: Sequence[int]) -> str:
    return "-".join(map(str, numbers))
