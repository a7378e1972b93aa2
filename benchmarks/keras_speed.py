"""Compare the training speed of `deck36` with that of the same network in Keras, on this machine.

    python benchmarks/keras_speed.py                                   # creates an environment first
    python benchmarks/keras_speed.py --keras-python /path/to/python    # uses an existing environment

MoviEmotion runs `loop.fit` with brightness augmentation; Keras runs `model.fit` without augmentation. The
programs take turns, each training for a few steps, so that other load on the machine affects them equally.
The exit status is 1 if the speed is below the requirement.
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
OURS = "moviemotion"
KERAS = {
    "keras": ("float32", "auto"),
    "keras, no XLA": ("float32", False),
    "keras, bfloat16, no XLA": ("mixed_bfloat16", False),
}
"""Precision and `jit_compile` of each program; the first program uses the defaults of Keras."""


def main() -> int:
    """Measure the speeds; return 1 if the requirement is not met, and 2 if they cannot be compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keras-python", type=Path, help="Python interpreter with Keras 3 and TensorFlow")
    parser.add_argument("--blocks", type=int, default=12, help="number of turns of each program")
    parser.add_argument("--steps", type=int, default=4, help="training steps per turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=36, help="random seed for the intervals")
    parser.add_argument("--program", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.program:
        (train_ours if options.program == OURS else train_keras)(options)
        return 0
    try:
        keras_python = options.keras_python or make_environment()
    except subprocess.CalledProcessError as error:
        print(f"Keras: cannot be installed ({error}); set --keras-python to an interpreter that has it")
        return 2
    workers = {OURS: start(sys.executable, OURS, options)}
    workers |= {name: start(str(keras_python), name, options) for name in KERAS}
    counts = {name: int(answer(name, worker)) for name, worker in workers.items()}
    if len(set(counts.values())) != 1:
        print(f"the networks have different numbers of parameters: {counts}")
        return 2
    print(
        f"{counts[OURS]:,} parameters each; {options.threads} threads, batch {BATCH}; seconds per step:",
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
    """Print medians and ratios with their intervals; return 0 if the requirement is met, otherwise 1."""
    import numpy as np

    print(f"\n| | ms per image | s per epoch of {EPOCH_IMAGES:,} | time relative to ours (95 % interval) |")
    print("| --- | --- | --- | --- |")
    ratios = {}
    rng = np.random.default_rng(seed)
    ours = np.array(seconds[OURS])
    for name, values in seconds.items():
        each = float(np.median(values)) / BATCH
        ratio = np.array(values) / ours  # each of two turns in the same round
        drawn = np.median(ratio[rng.integers(len(ratio), size=(BOOTSTRAPS, len(ratio)))], axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        relative = (
            "1" if name == OURS else f"{np.median(ratio):.2f} ({low:.2f} to {high:.2f}, n={len(ratio)})"
        )
        print(f"| {name} | {1000 * each:.2f} | {each * EPOCH_IMAGES:.0f} | {relative} |")
        ratios[name] = float(np.median(ratio))
    default_ratio = ratios[next(iter(KERAS))]
    passed = default_ratio >= LEAST_RATIO
    fastest = min(ratios[name] for name in KERAS)
    print(
        f"\n{'passed' if passed else 'FAILED'}: {default_ratio:.2f} times as fast as default Keras; "
        f"required: {LEAST_RATIO}; {fastest:.2f} times as fast as the fastest configuration of Keras"
    )
    return 0 if passed else 1


def make_environment() -> Path:
    """Create a virtual environment with Keras in the temporary folder, unless it already exists."""
    folder = Path(gettempdir()) / "moviemotion-keras"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        print(f"installing Keras and TensorFlow into {folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "keras>=3", "tensorflow-cpu"], check=True)
        (folder / "installed").touch()
    return python


def start(python: str, program: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    """Start a process that trains for one turn whenever it reads a line."""
    threads = str(options.threads)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
    }
    command = [python, __file__, "--program", program]
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
    """Read the next line that a worker prints."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        assert worker.stderr is not None
        sys.exit(f"{name}: the process ended: " + "".join(worker.stderr.readlines()[-5:]))
    return line


def in_turns(parameters: int) -> Callable[[], None]:
    """Report the end of the warm-up; return a function that ends a turn and waits for the next one."""
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
    """Run `loop.fit` with the proposal's configuration on random images, and pause between turns."""
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
    """Run `model.fit` on the same network, one turn at a time."""
    import keras
    import numpy as np
    from keras import layers

    precision, jit = KERAS[options.program]
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
