"""An audit for people: one HTML page with contact sheets, a CSV of every finding, the decisions to edit."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from moviemotion._io.atomic_files import write_whole
from moviemotion._io.html_shell import data_uri, templates
from moviemotion.emotions import DECK_EMOTIONS
from moviemotion.lab.audit.find_issues import Audit
from moviemotion.lab.data.cleaning import decide, refuse_inside, write_decisions
from moviemotion.lab.data.issues import CORRUPTED, DUPLICATED, Choice, Finding, Kind
from moviemotion.lab.data.splitting import SHARES

SHOWN = 48
"""Pictures on a contact sheet."""
DECK_SHARE = {"happy": 0.26, "sad": 0.26, "neutral": 0.26, "surprise": 0.21}
"""Shares that the deck counted among its pictures."""
HEADINGS = {
    Kind.MISLABELLED: "Labels that are probably wrong",
    Kind.SPLIT_LEAK: "The same picture in two splits",
    Kind.CLASS_CONFLICT: "The same picture with two labels",
    Kind.DUPLICATE: "The same picture twice in one class",
    Kind.NO_FACE: "No face",
    Kind.GLYPH: "Glyphs and text",
    Kind.NOISE: "Noise",
    Kind.SOLID: "Solid",
    Kind.NEAR_SOLID: "Nearly solid",
    Kind.CUT_OFF: "Faces cut off",
}
FILES = (Kind.UNREADABLE, Kind.FOLDER, Kind.FORM, Kind.VOTES)


@dataclass(frozen=True)
class Shares:
    """How many pictures one split or class has: count, share, and the share it should have."""

    name: str
    n: int
    share: float
    ideal: float


@dataclass(frozen=True)
class Sheet:
    """The worst findings of one kind with their pictures as data URIs, and how many there are in all."""

    heading: str
    total: int
    tiles: tuple[tuple[Finding, tuple[Markup, ...]], ...]


def write_report(audit: Audit, out: Path) -> Path:
    """Write `report.html`, `findings.csv` and `decisions.csv` into `out`.

    Returns:
        the page.

    Raises:
        MoviemotionError: `out` lies in the data folder.
    """
    refuse_inside(audit.data, out)
    out.mkdir(parents=True, exist_ok=True)
    _write_findings(audit, out / "findings.csv")
    write_decisions(decide(audit.findings), out / "decisions.csv")
    page = out / "report.html"
    write_whole(page, render(audit))
    return page


def render(audit: Audit) -> str:
    """The page: complete, and it asks the network for nothing."""
    choices = [decision.choice for decision in decide(audit.findings)]
    return (
        templates("moviemotion.lab.audit", ".")
        .get_template("audit.html.jinja")
        .render(
            audit=audit,
            pictures=sum(sum(row.values()) for row in audit.counts.values()),
            corrupted=len(audit.of(*CORRUPTED)),
            duplicated=len(audit.of(*DUPLICATED)),
            leaked=len(audit.of(Kind.SPLIT_LEAK)),
            doubted=len(audit.of(Kind.MISLABELLED)),
            removed=choices.count(Choice.REMOVE),
            relabelled=choices.count(Choice.RELABEL),
            splits=split_shares(audit),
            classes=class_shares(audit),
            deck=DECK_SHARE,
            faults=audit.of(*FILES),
            sheets=[sheet(audit, kind) for kind in HEADINGS if audit.of(kind)],
            shown=SHOWN,
        )
    )


def split_shares(audit: Audit) -> list[Shares]:
    """Each split's share of the pictures against 70/20/10, and the ideal splits that are missing."""
    sizes = {split: sum(row.values()) for split, row in audit.counts.items()}
    total = sum(sizes.values())
    names = [*sizes, *(name for name in SHARES if name not in sizes)]
    return [
        Shares(name, n := sizes.get(name, 0), n / total, SHARES.get(name, float("nan"))) for name in names
    ]


def class_shares(audit: Audit) -> list[Shares]:
    """Each class's share of the labelled pictures of all splits against an even split."""
    sizes = {str(e): sum(row.get(e, 0) for row in audit.counts.values()) for e in DECK_EMOTIONS}
    total = max(1, sum(sizes.values()))
    return [Shares(name, n, n / total, 1 / len(sizes)) for name, n in sizes.items()]


def sheet(audit: Audit, kind: Kind) -> Sheet:
    """The contact sheet of one kind."""
    found = audit.of(kind)
    tiles = []
    for finding in found[:SHOWN]:
        names = [name for name in (finding.image, finding.other) if name in audit.images]
        tiles.append((finding, tuple(data_uri(Image.fromarray(audit.images[name])) for name in names)))
    return Sheet(HEADINGS[kind], len(found), tuple(tiles))


def audit_lines(audit: Audit) -> list[str]:
    """The result as lines for the terminal."""
    pictures = sum(sum(row.values()) for row in audit.counts.values())
    lines = [f"{pictures} pictures in {', '.join(split or 'one folder' for split in audit.counts)}"]
    for kind in Kind:
        if found := audit.of(kind):
            lines.append(f"  {kind:<25} {len(found)}")
    if audit.judge:
        lines.append(
            f"labels judged by {audit.judge}: about {audit.expected_wrong} of {audit.judged} expected wrong"
        )
    return [*lines, *audit.notes]


def _write_findings(audit: Audit, path: Path) -> None:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["kind", "image", "score", "why", "other", "choice", "new_label"])
    for f in audit.findings:
        writer.writerow([f.kind, f.image, f"{f.score:.4f}", f.why, f.other, f.choice, f.new_label])
    write_whole(path, table.getvalue())
