"""What `make fuzz` found, and a few random files of every format."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from fuzz import FORMATS, check

PARAGRAPH = '<Paragraph Type="{}"><Text>ANNA</Text></Paragraph>'
FINDINGS = {
    "private-use characters beside emphasis": ("Fountain", "INT. A\n\n*a* \ue021 \ue013"),
    "deeply nested emphasis": ("Fountain", "INT. A\n\n" + "*_" * 200_000 + "a" + "_*" * 200_000),
    "many boneyards without end": ("Fountain", "INT. A\n\n" + "/*a" * 300_000),
    "many names without speeches": ("FDX", f"<FinalDraft><Content>{PARAGRAPH.format('Character') * 4000}"),
    "many headings": ("Fountain", "INT. A\n\n" * 20_000),
    "one character per line": ("plain text", "x\n" * 40_000),
    "blanks before a revision mark": ("plain text", "INT. A\n" + " " * 169_931 + "x"),
    "names side by side on every line": ("plain text", "BO      ANNA\n" * 40_000),
    "braces without end": ("ASS", "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,," + "{" * 400_000),
    "blank lines in a subtitle": ("SRT", "1\n00:00:01,000 --> 00:00:02,000\nYes.\n" + "\n" * 400_000),
    "a chain of keys": ("TOML", ".".join("ab" * 50_000) + " = 1"),
    "nested without end": ("TOML", "a = " + "[" * 900),
    "brackets without end": ("VTT", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "[a" * 300_000),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_findings_stay_mended(tmp_path: Path, finding: str) -> None:
    name, text = FINDINGS[finding]
    end = "</Content></FinalDraft>" if name == "FDX" else ""
    check(name, (text + end).encode(), tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_random_files_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("fuzz")

    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.shared(FORMATS[name].contents))
    def one(data: bytes) -> None:
        check(name, data[:100_000], folder)

    one()
