"""How fast is `deck36` trained, against the same network in Keras? Side by side, in turns, on this machine.

    python benchmarks/keras_speed.py                                   # makes a venv with Keras first
    python benchmarks/keras_speed.py --keras-python /path/to/python    # of an environment that has it

Ours is `training.fit` as it is, brightness augmentation included; Keras is `model.fit` without any. All take
turns in short blocks of steps, so what else the machine does meets all alike. Ends with 1 below the bar.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

BATCH, WARM_STEPS = 128, 2
FILTERS, KERNELS, DENSE = (128, 256, 1024, 1024, 256), (3, 3, 2, 2, 2), (256, 512, 1024)
EPOCH_IMAGES = 15_109
LEAST_RATIO = 1.5
BOOTSTRAPS = 10_000
OURS = "ours"
KERAS = {
    "keras": ("float32", "auto"),
    "keras, no XLA": ("float32", False),
    "keras, bfloat16, no XLA": ("mixed_bfloat16", False),
}
"""Contestant → precision and `jit_compile`; the first is Keras as it comes."""


def main() -> int:
    """Measure and print; 1 where the bar is short, 2 where Keras is not to be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keras-python", type=Path, help="a Python with Keras 3 and TensorFlow")
    parser.add_argument("--blocks", type=int, default=12, help="turns of each")
    parser.add_argument("--steps", type=int, default=4, help="training steps a turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=36, help="of the interval")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        (train_ours if options.contestant == OURS else train_keras)(options)
        return 0
    try:
        keras_python = options.keras_python or make_environment()
    except subprocess.CalledProcessError as error:
        print(f"Keras cannot be installed ({error}); name an environment with --keras-python")
        return 2
    workers = {OURS: start(sys.executable, OURS, options)}
    workers |= {name: start(str(keras_python), name, options) for name in KERAS}
    counts = {name: int(answer(name, worker)) for name, worker in workers.items()}
    if len(set(counts.values())) != 1:
        print(f"not the same network: {counts} parameters")
        return 2
    print(
        f"{counts[OURS]:,} parameters each; {options.threads} threads, batch {BATCH}; seconds a step:",
        flush=True,
    )
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    for block in range(options.blocks):
        for name, worker in workers.items():
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
            seconds[name].append(float(answer(name, worker)) / options.steps)
        print(
            f"  turn {block + 1:>2}: " + " · ".join(f"{n} {s[-1]:.2f}" for n, s in seconds.items()),
            flush=True,
        )
    for worker in workers.values():
        worker.kill()
    return report(seconds, options.seed)


def report(seconds: dict[str, list[float]], seed: int) -> int:
    """Print medians and ratios, turn by turn, with intervals; 0 where the fastest Keras is slow enough."""
    import numpy as np

    print(f"\n| | ms an image | s an epoch of {EPOCH_IMAGES:,} | times as slow as ours (95 % interval) |")
    print("| --- | --- | --- | --- |")
    ratios = {}
    rng = np.random.default_rng(seed)
    ours = np.array(seconds[OURS])
    for name, values in seconds.items():
        each = float(np.median(values)) / BATCH
        ratio = np.array(values) / ours  # of neighbors in time
        drawn = np.median(ratio[rng.integers(len(ratio), size=(BOOTSTRAPS, len(ratio)))], axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        told = "1" if name == OURS else f"{np.median(ratio):.2f} ({low:.2f} to {high:.2f}, n={len(ratio)})"
        print(f"| {name} | {1000 * each:.2f} | {each * EPOCH_IMAGES:.0f} | {told} |")
        ratios[name] = float(np.median(ratio))
    as_it_comes = ratios[next(iter(KERAS))]
    kept = as_it_comes >= LEAST_RATIO
    fastest = min(ratios[name] for name in KERAS)
    print(
        f"\n{'kept' if kept else 'SHORT'}: {as_it_comes:.2f} times faster than Keras as it comes; "
        f"bar {LEAST_RATIO}; {fastest:.2f} times faster than Keras set up as fast as it goes"
    )
    return 0 if kept else 1


def make_environment() -> Path:
    """A virtual environment with Keras in the temporary folder, made once."""
    folder = Path(gettempdir()) / "moviemotion-keras"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        print(f"installing Keras and TensorFlow into {folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "keras>=3", "tensorflow-cpu"], check=True)
        (folder / "installed").touch()
    return python


def start(python: str, contestant: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    """A process that trains a block whenever it is told to."""
    threads = str(options.threads)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
    }
    command = [python, __file__, "--contestant", contestant]
    command += ["--blocks", str(options.blocks), "--steps", str(options.steps), "--threads", threads]
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(name: str, worker: subprocess.Popen[str]) -> str:
    """The next line of a worker."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        assert worker.stderr is not None
        sys.exit(f"{name} ended: " + "".join(worker.stderr.readlines()[-5:]))
    return line


def in_turns(parameters: int) -> Callable[[], None]:
    """Say that the warm-up is done; the returned function ends a turn and waits for the next."""
    began = [0.0]

    def turn() -> None:
        if began[0]:
            print(time.perf_counter() - began[0], flush=True)
        if not sys.stdin.readline():
            sys.exit(0)
        began[0] = time.perf_counter()

    print(parameters, flush=True)
    return turn


def train_ours(options: argparse.Namespace) -> None:
    """`training.fit` of the deck's config on random pictures, stopped between its steps."""
    import numpy as np
    import torch

    from moviemotion.lab.training import loop, networks
    from moviemotion.lab.training.config import DEFAULT_CONFIGS

    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(1)
    n = BATCH * (WARM_STEPS + options.blocks * options.steps)
    truth = rng.integers(4, size=n)
    images = rng.integers(256, size=(n, 48, 48), dtype=np.uint8)
    examples = loop.Examples(images, np.eye(4, dtype=np.float32)[truth], truth)
    held_out = loop.Examples(images[:4], examples.targets[:4], truth[:4])
    network = networks.proposal_cnn36(4)
    buffers = [b for key, b in network.named_buffers() if key.endswith(("running_mean", "running_var"))]
    parameters = sum(p.numel() for p in [*network.parameters(), *buffers])
    turns: list[Callable[[], None]] = []

    def step(done: int, total: int) -> None:
        if done == WARM_STEPS:
            turns.append(in_turns(parameters))
        if done >= WARM_STEPS and (done - WARM_STEPS) % options.steps == 0:
            turns[0]()

    loop.fit(DEFAULT_CONFIGS["deck36"], examples, held_out, on_batch_end=step)


def train_keras(options: argparse.Namespace) -> None:
    """`model.fit` of the same network, a turn at a time."""
    import keras
    import numpy as np
    from keras import layers

    precision, jit = KERAS[options.contestant]
    keras.mixed_precision.set_global_policy(precision)
    model = keras.Sequential([keras.Input((48, 48, 1)), layers.Rescaling(1 / 255)])
    for filters, kernel in zip(FILTERS, KERNELS, strict=True):
        model.add(layers.Conv2D(filters, kernel, padding="same", activation="relu"))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    for width in DENSE:
        model.add(layers.Dense(width, activation="relu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(4, activation="softmax", dtype="float32"))
    model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", jit_compile=jit)
    rng = np.random.default_rng(1)
    n = BATCH * options.steps
    images = rng.integers(256, size=(n, 48, 48, 1)).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[rng.integers(4, size=n)]

    def fit(count: int) -> None:
        model.fit(images[:count], targets[:count], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)

    fit(BATCH)
    fit(n)
    turn = in_turns(model.count_params())
    while True:
        turn()
        fit(n)


if __name__ == "__main__":
    sys.exit(main())
