"""An audit for people: one HTML page with contact sheets, a CSV of every finding, the decisions to edit."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion._io.html_shell import png_data_uri, template_environment
from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.lab.audit.find_issues import AuditResult
from moviemotion.lab.data.cleaning import check_outside_dataset, propose_decisions, write_decisions
from moviemotion.lab.data.issues import CORRUPTION_KINDS, DUPLICATE_KINDS, CleaningAction, Issue, IssueKind
from moviemotion.lab.data.splitting import DEFAULT_SPLIT_SHARES

MAX_SHEET_IMAGES = 48
"""Pictures on a contact sheet."""
PROPOSAL_CLASS_SHARES = {"happy": 0.26, "sad": 0.26, "neutral": 0.26, "surprise": 0.21}
"""Shares that the deck counted among its pictures."""
KIND_HEADINGS = {
    IssueKind.MISLABELED: "Labels that are probably wrong",
    IssueKind.CROSS_SPLIT_DUPLICATE: "The same picture in two splits",
    IssueKind.CROSS_CLASS_DUPLICATE: "The same picture with two labels",
    IssueKind.DUPLICATE: "The same picture twice in one class",
    IssueKind.NO_FACE: "No face",
    IssueKind.GLYPH: "Glyphs and text",
    IssueKind.NOISE: "Noise",
    IssueKind.SOLID: "Solid",
    IssueKind.NEAR_SOLID: "Nearly solid",
    IssueKind.CUT_OFF: "Faces cut off",
}
FILE_ISSUE_KINDS = (IssueKind.UNREADABLE, IssueKind.FOLDER, IssueKind.IMAGE_FORMAT, IssueKind.VOTES)


@dataclass(frozen=True)
class ShareRow:
    """How many pictures one split or class has: count, share, and the share it should have."""

    name: str
    count: int
    share: float
    target: float


@dataclass(frozen=True)
class ContactSheet:
    """The worst findings of one kind with their pictures as data URIs, and how many there are in all."""

    heading: str
    total: int
    tiles: tuple[tuple[Issue, tuple[Markup, ...]], ...]


def write_audit_report(audit: AuditResult, out: Path) -> Path:
    """Write `report.html`, `findings.csv` and `decisions.csv` into `out`.

    Returns:
        the page.

    Raises:
        MoviemotionError: `out` lies in the data folder.
    """
    check_outside_dataset(audit.data, out)
    out.mkdir(parents=True, exist_ok=True)
    _write_issues(audit, out / "findings.csv")
    write_decisions(propose_decisions(audit.issues), out / "decisions.csv")
    page = out / "report.html"
    atomic_write_text(page, render_audit_report(audit))
    return page


def render_audit_report(audit: AuditResult) -> str:
    """The page: complete, and it asks the network for nothing."""
    choices = [decision.action for decision in propose_decisions(audit.issues)]
    return (
        template_environment("moviemotion.lab.audit", ".")
        .get_template("audit.html.jinja")
        .render(
            audit=audit,
            pictures=sum(sum(row.values()) for row in audit.counts.values()),
            corrupted=len(audit.issues_of_kind(*CORRUPTION_KINDS)),
            duplicated=len(audit.issues_of_kind(*DUPLICATE_KINDS)),
            leaked=len(audit.issues_of_kind(IssueKind.CROSS_SPLIT_DUPLICATE)),
            doubted=len(audit.issues_of_kind(IssueKind.MISLABELED)),
            removed=choices.count(CleaningAction.REMOVE),
            relabelled=choices.count(CleaningAction.RELABEL),
            splits=split_shares(audit),
            classes=class_shares(audit),
            deck=PROPOSAL_CLASS_SHARES,
            faults=audit.issues_of_kind(*FILE_ISSUE_KINDS),
            sheets=[contact_sheet(audit, kind) for kind in KIND_HEADINGS if audit.issues_of_kind(kind)],
            shown=MAX_SHEET_IMAGES,
        )
    )


def split_shares(audit: AuditResult) -> list[ShareRow]:
    """Each split's share of the pictures against 70/20/10, and the ideal splits that are missing."""
    sizes = {split: sum(row.values()) for split, row in audit.counts.items()}
    total = sum(sizes.values())
    names = [*sizes, *(name for name in DEFAULT_SPLIT_SHARES if name not in sizes)]
    return [
        ShareRow(name, n := sizes.get(name, 0), n / total, DEFAULT_SPLIT_SHARES.get(name, float("nan")))
        for name in names
    ]


def class_shares(audit: AuditResult) -> list[ShareRow]:
    """Each class's share of the labelled pictures of all splits against an even split."""
    sizes = {str(e): sum(row.get(e, 0) for row in audit.counts.values()) for e in PROPOSAL_EMOTIONS}
    total = max(1, sum(sizes.values()))
    return [ShareRow(name, n, n / total, 1 / len(sizes)) for name, n in sizes.items()]


def contact_sheet(audit: AuditResult, kind: IssueKind) -> ContactSheet:
    """The contact sheet of one kind."""
    found = audit.issues_of_kind(kind)
    tiles = []
    for finding in found[:MAX_SHEET_IMAGES]:
        names = [name for name in (finding.image, finding.duplicate_of) if name in audit.images]
        tiles.append((finding, tuple(png_data_uri(Image.fromarray(audit.images[name])) for name in names)))
    return ContactSheet(KIND_HEADINGS[kind], len(found), tuple(tiles))


def audit_lines(audit: AuditResult) -> list[str]:
    """The result as lines for the terminal."""
    pictures = sum(sum(row.values()) for row in audit.counts.values())
    lines = [f"{pictures} pictures in {', '.join(split or 'one folder' for split in audit.counts)}"]
    for kind in IssueKind:
        if found := audit.issues_of_kind(kind):
            lines.append(f"  {kind:<25} {len(found)}")
    if audit.opinion_source:
        lines.append(
            f"labels judged by {audit.opinion_source}: about {audit.expected_label_errors} of {audit.labels_checked} expected wrong"
        )
    return [*lines, *audit.notes]


def _write_issues(audit: AuditResult, path: Path) -> None:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["kind", "image", "score", "why", "other", "choice", "new_label"])
    for f in audit.issues:
        writer.writerow([f.kind, f.image, f"{f.score:.4f}", f.reason, f.duplicate_of, f.action, f.new_label])
    atomic_write_text(path, table.getvalue())
