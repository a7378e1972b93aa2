"""Average the weights of two runs, of which the second continued the training of the first.

A network that learns about the dark forgets some of what it knew about clear faces. A point on the line
between the weights before and after often combines both (WiSE-FT; Wortsman et al., 2022).
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import torch

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.errors import MoviemotionError
from moviemotion.lab.training import loop
from moviemotion.lab.training.face_selection import load_train_and_test, select_faces
from moviemotion.lab.training.runs import (
    RUN_FILE,
    WEIGHTS_FILE,
    TrainedRun,
    fit_temperature,
    load_run,
    make_examples,
)


def average_runs(first: Path, second: Path, share: float, data: Path, out: Path) -> TrainedRun:
    """Write a run whose weights lie between those of two runs.

    Args:
        first, second: folders of finished runs of the same network.
        share: share of the second run's weights, 0–1.
        data: the face set of the second run; the temperature is fitted on the faces that it held out.
        out: folder of the new run.

    Raises:
        MoviemotionError: the runs' networks differ, `out` exists, or the data cannot be read.
    """
    if out.exists():
        raise MoviemotionError(f"{out}: exists already; choose another folder")
    (network, record), (other, _) = load_run(second), load_run(first)
    weights, others = network.state_dict(), other.state_dict()
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in others.items()}:
        raise MoviemotionError(f"{first}, {second}: the networks differ; average runs of the same network")
    network.load_state_dict(
        {
            name: torch.lerp(others[name], value, share) if value.is_floating_point() else value
            for name, value in weights.items()
        }
    )
    held_out = select_faces(*load_train_and_test(data), record.config).held_out
    averaged = replace(
        record,
        temperature=fit_temperature(network, make_examples(held_out, record.config)),
        note=" ".join(
            filter(
                None,
                (
                    record.note,
                    f"The weights are {share:g} × those of this run + {1 - share:g} × those of the run "
                    f"{first.name}, from which it started (Wortsman et al., 2022).",
                ),
            )
        ),
    )
    out.mkdir(parents=True)
    loop.save_atomically(out / WEIGHTS_FILE, network.state_dict())
    atomic_write_text(out / RUN_FILE, json.dumps(asdict(averaged), indent=2) + "\n")
    return averaged
