"""Try odd inputs of eight kinds, whose truth is known, and judge what comes out; print a table.

    python benchmarks/odd_inputs.py --data ../shared/data
    python benchmarks/odd_inputs.py --only clocks/wrap subtitles --out kept

Each input is built from real clips, rendered people or invented films. The verdicts are explained in
`odd_cases/oracle.py`. The exit status is 1 if anything is silent and wrong, is a false alarm, or crashes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from odd_cases import CASES
from odd_cases.films import clean_up
from odd_cases.oracle import FAILURES, Case, Result, SkippedError, Verdict, table
from odd_cases.video import DATA_VARIABLE


def selected(only: list[str]) -> list[Case]:
    """The cases whose kind, or kind and name, were named; all if nothing was named."""
    known = {name for case in CASES for name in (case.kind, f"{case.kind}/{case.name}")}
    if unknown := [name for name in only if name not in known]:
        raise SystemExit(f"--only {unknown[0]}: unknown; choose from {', '.join(sorted(known))}")
    return [case for case in CASES if not only or case.kind in only or f"{case.kind}/{case.name}" in only]


def judged(case: Case, folder: Path) -> Result:
    """Build and judge a case in a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return case.judge(folder)
    except SkippedError as reason:
        return Result(Verdict.SKIPPED, str(reason))
    except Exception as error:  # the other cases must still run
        traceback.print_exc()
        return Result(Verdict.CRASHED, f"{type(error).__name__}: {error}")


def main() -> int:
    """Judge the selected cases."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with seats/*.mp4")
    parser.add_argument("--only", nargs="*", default=[], metavar="KIND[/NAME]", help="judge only these")
    parser.add_argument("--out", type=Path, help="folder in which the inputs and studies are kept")
    arguments = parser.parse_args()
    os.environ[DATA_VARIABLE] = str(arguments.data.resolve())
    cases, rows = selected(arguments.only), []
    with tempfile.TemporaryDirectory() as temporary:
        for case in cases:
            began = time.monotonic()
            result = judged(case, (arguments.out or Path(temporary)) / case.kind / case.name)
            rows.append((case, result))
            took = time.monotonic() - began
            print(f"{case.kind}/{case.name}: {result.verdict} ({took:.0f} s)", file=sys.stderr, flush=True)
            if not arguments.out:
                shutil.rmtree(Path(temporary) / case.kind / case.name, ignore_errors=True)
    clean_up()
    print(table(rows))
    count = Counter(result.verdict for _, result in rows)
    print(f"\n{len(rows)} inputs: " + ", ".join(f"{n} {verdict}" for verdict, n in count.most_common()))
    return int(any(result.verdict in FAILURES for _, result in rows))


if __name__ == "__main__":
    sys.exit(main())
