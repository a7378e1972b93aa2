"""Measure how many small faults the tests detect: plant each with cosmic-ray, and run the nearest tests.

    python benchmarks/mutation.py --sample 300           # a random sample of all mutants, with an interval
    python benchmarks/mutation.py --only analysis/moments --sample 0     # every mutant of one package

Every mutant changes one operator, number, comparison, keyword or argument in a copy of the project. A mutant
is killed if a test fails or does not end in time; it survives if all nearest tests pass. Each survivor is
printed with its change.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from moviemotion.statistics import wilson_interval

PROJECT = Path(__file__).parents[1]
TESTS = {
    "analysis": ["tests/analysis", "tests/test_statistics.py"],
    "privacy": ["tests/privacy"],
    "audience/faces/tracking.py": ["tests/audience/test_tracking.py", "tests/audience/test_recordings.py"],
}
"""The nearest tests of each package or module."""
SKIPPED_OPERATORS = re.compile("Bit|Shift|Decorator|Invert|Variable")
"""Operators that would distort the score.

Shifts and bit operators in place of arithmetic fail on any float, which would inflate the score. `X | None`
in annotations is never evaluated, and little behavior depends on decorators.
"""
TIMEOUT = 300.0
BAR = 0.85


@dataclass(frozen=True)
class Mutant:
    """One change: a cosmic-ray operator, and the index of the place in the module to which it is applied."""

    module: Path
    operator: str
    occurrence: int


def mutants_of(module: Path) -> list[Mutant]:
    """Return all mutants of a module, except those of skipped operators."""
    tree = get_ast((PROJECT / module).read_text(encoding="utf-8"))
    nodes = list(ast_nodes(tree))
    found = []
    for name in sorted(operator_names()):
        if SKIPPED_OPERATORS.search(name):
            continue
        operator = get_operator(name)()
        count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        found += [Mutant(module, name, occurrence) for occurrence in range(count)]
    return found


def _mutated(source: str, operator: str, occurrence: int) -> str | None:
    return mutate_code(source, get_operator(operator)(), occurrence)


def tests_of(module: Path) -> list[str]:
    """Return the test files that import a module, its own first; if there are none, those of its package."""
    inside = module.relative_to("moviemotion").as_posix()
    nearest = max((key for key in TESTS if inside.startswith(key)), key=len)
    folders = [PROJECT / test for test in TESTS[nearest]]
    files = [
        f for place in folders for f in ([place] if place.is_file() else sorted(place.glob("test_*.py")))
    ]
    name = ".".join(module.with_suffix("").parts)
    package, _, leaf = name.rpartition(".")
    importing = re.compile(rf"{re.escape(name)}\b|from {re.escape(package)} import [^\n]*\b{leaf}\b")
    near = [f for f in files if importing.search(f.read_text(encoding="utf-8"))] or files
    near.sort(key=lambda f: module.stem not in f.stem)
    return [str(f.relative_to(PROJECT)) for f in near]


def is_killed(mutant: Mutant, copy: Path) -> bool:
    """Return whether a test fails on the mutant, in a copy of the project that is restored afterward."""
    path = copy / mutant.module
    source = path.read_text(encoding="utf-8")
    mutated = _mutated(source, mutant.operator, mutant.occurrence)
    assert mutated is not None
    path.write_text(mutated, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests_of(mutant.module)]
    try:
        ran = subprocess.run(
            command, cwd=copy, capture_output=True, timeout=TIMEOUT, check=False, env=_environment(copy)
        )
    except subprocess.TimeoutExpired:
        return True
    else:
        return ran.returncode != 0
    finally:
        path.write_text(source, encoding="utf-8")


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_SEED": "0"}


def describe(mutant: Mutant) -> str:
    """Describe a mutant by the line that it changes."""
    source = (PROJECT / mutant.module).read_text(encoding="utf-8")
    mutated = _mutated(source, mutant.operator, mutant.occurrence) or source
    for number, (before, after) in enumerate(zip(source.splitlines(), mutated.splitlines(), strict=False), 1):
        if before != after:
            return f"{mutant.module}:{number}: {before.strip()}  →  {after.strip()}"
    return f"{mutant.module}: {mutant.operator} {mutant.occurrence}"


def main() -> None:
    """Test a sample of mutants and print the score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", default="", help="only modules whose path below moviemotion/ starts with this text"
    )
    parser.add_argument(
        "--sample", type=int, default=300, help="number of randomly chosen mutants; 0 for all"
    )
    parser.add_argument("--seed", type=int, default=36)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    modules = sorted(
        path.relative_to(PROJECT)
        for path in (PROJECT / "moviemotion").rglob("*.py")
        if any(path.relative_to(PROJECT / "moviemotion").as_posix().startswith(key) for key in TESTS)
        and path.relative_to(PROJECT / "moviemotion").as_posix().startswith(options.only)
    )
    mutants = [mutant for module in modules for mutant in mutants_of(module)]
    chosen = list(mutants)
    if options.sample and options.sample < len(mutants):
        chosen = random.Random(options.seed).sample(mutants, options.sample)
    print(
        f"{len(chosen)} of {len(mutants)} mutants in {len(modules)} modules (seed {options.seed})", flush=True
    )
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for worker in range(options.workers):
            copy = Path(folder) / str(worker)
            skipped = shutil.ignore_patterns(".git", ".venv", "__pycache__", "build", "demo", ".*_cache")
            shutil.copytree(PROJECT, copy, ignore=skipped)
            copies.append(copy)

        def run(worker: int) -> list[Mutant]:
            survivors = []
            for number, mutant in enumerate(chosen[worker :: options.workers], 1):
                print(f"{number} of {-(-len(chosen) // options.workers)}", file=sys.stderr, flush=True)
                if not is_killed(mutant, copies[worker]):
                    survivors.append(mutant)
                    print(f"survived: {describe(mutant)}", flush=True)
            return survivors

        with ThreadPoolExecutor(options.workers) as pool:
            survivors = [mutant for part in pool.map(run, range(options.workers)) for mutant in part]
    killed = len(chosen) - len(survivors)
    low, high = wilson_interval(killed, len(chosen))
    share = killed / len(chosen)
    print(f"killed {killed} of {len(chosen)}: {share:.1%} (95 % interval {low:.1%} to {high:.1%})")
    sys.exit(share < BAR)


if __name__ == "__main__":
    main()
