"""Write the results of an audit: an HTML page with contact sheets, `issues.csv` and `decisions.csv`."""

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
"""Largest number of images on a contact sheet."""
PROPOSAL_CLASS_SHARES = {"happy": 0.26, "sad": 0.26, "neutral": 0.26, "surprise": 0.21}
"""Class fractions that the proposal reports for its own images."""
KIND_HEADINGS = {
    IssueKind.MISLABELED: "Probably wrong labels",
    IssueKind.CROSS_SPLIT_DUPLICATE: "Duplicates in two splits",
    IssueKind.CROSS_CLASS_DUPLICATE: "Duplicates with two labels",
    IssueKind.DUPLICATE: "Duplicates in one class",
    IssueKind.NO_FACE: "No face",
    IssueKind.GLYPH: "Glyphs and text",
    IssueKind.NOISE: "Noise",
    IssueKind.SOLID: "Solid images",
    IssueKind.NEAR_SOLID: "Nearly solid images",
    IssueKind.CUT_OFF: "Faces that are cut off",
}
FILE_ISSUE_KINDS = (IssueKind.UNREADABLE, IssueKind.FOLDER, IssueKind.IMAGE_FORMAT, IssueKind.VOTES)


@dataclass(frozen=True)
class ShareRow:
    """The size of one split or class: number of images, fraction of the total, and target fraction."""

    name: str
    count: int
    share: float
    target: float


@dataclass(frozen=True)
class ContactSheet:
    """The worst issues of one kind, with their images as data URIs, and the number of all such issues."""

    heading: str
    total: int
    tiles: tuple[tuple[Issue, tuple[Markup, ...]], ...]


def write_audit_report(audit: AuditResult, out: Path) -> Path:
    """Write `report.html`, `issues.csv` and `decisions.csv` to the folder `out`.

    Returns:
        The path of the page.

    Raises:
        MoviemotionError: `out` is inside the data folder.
    """
    check_outside_dataset(audit.data, out)
    out.mkdir(parents=True, exist_ok=True)
    _write_issues(audit, out / "issues.csv")
    write_decisions(propose_decisions(audit.issues), out / "decisions.csv")
    page = out / "report.html"
    atomic_write_text(page, render_audit_report(audit))
    return page


def render_audit_report(audit: AuditResult) -> str:
    """Render a self-contained HTML page, which loads nothing from the Internet."""
    actions = [decision.action for decision in propose_decisions(audit.issues)]
    return (
        template_environment("moviemotion.lab.audit", ".")
        .get_template("audit.html.jinja")
        .render(
            audit=audit,
            image_count=sum(sum(row.values()) for row in audit.counts.values()),
            corrupted=len(audit.issues_of_kind(*CORRUPTION_KINDS)),
            duplicated=len(audit.issues_of_kind(*DUPLICATE_KINDS)),
            leaked=len(audit.issues_of_kind(IssueKind.CROSS_SPLIT_DUPLICATE)),
            mislabeled=len(audit.issues_of_kind(IssueKind.MISLABELED)),
            removed=actions.count(CleaningAction.REMOVE),
            relabeled=actions.count(CleaningAction.RELABEL),
            splits=split_shares(audit),
            classes=class_shares(audit),
            proposal=PROPOSAL_CLASS_SHARES,
            file_issues=audit.issues_of_kind(*FILE_ISSUE_KINDS),
            sheets=[contact_sheet(audit, kind) for kind in KIND_HEADINGS if audit.issues_of_kind(kind)],
            shown=MAX_SHEET_IMAGES,
        )
    )


def split_shares(audit: AuditResult) -> list[ShareRow]:
    """Compare the size of each split with the recommended fraction (70/20/10), including missing splits."""
    sizes = {split: sum(row.values()) for split, row in audit.counts.items()}
    total = sum(sizes.values())
    names = [*sizes, *(name for name in DEFAULT_SPLIT_SHARES if name not in sizes)]
    return [
        ShareRow(name, n := sizes.get(name, 0), n / total, DEFAULT_SPLIT_SHARES.get(name, float("nan")))
        for name in names
    ]


def class_shares(audit: AuditResult) -> list[ShareRow]:
    """Compare the size of each class, among the labeled images of all splits, with classes of equal size."""
    sizes = {str(e): sum(row.get(e, 0) for row in audit.counts.values()) for e in PROPOSAL_EMOTIONS}
    total = max(1, sum(sizes.values()))
    return [ShareRow(name, n, n / total, 1 / len(sizes)) for name, n in sizes.items()]


def contact_sheet(audit: AuditResult, kind: IssueKind) -> ContactSheet:
    """The contact sheet of one kind of issue."""
    found = audit.issues_of_kind(kind)
    tiles = []
    for issue in found[:MAX_SHEET_IMAGES]:
        names = [name for name in (issue.image, issue.duplicate_of) if name in audit.images]
        tiles.append((issue, tuple(png_data_uri(Image.fromarray(audit.images[name])) for name in names)))
    return ContactSheet(KIND_HEADINGS[kind], len(found), tuple(tiles))


def audit_lines(audit: AuditResult) -> list[str]:
    """Summarize an audit for the terminal."""
    total = sum(sum(row.values()) for row in audit.counts.values())
    lines = [f"{total} images in {', '.join(split or 'one folder' for split in audit.counts)}"]
    counts = {kind: len(audit.issues_of_kind(kind)) for kind in IssueKind}
    lines += [f"  {kind:<25} {count}" for kind, count in counts.items() if count]
    if audit.opinion_source:
        lines.append(
            f"labels checked with {audit.opinion_source}: "
            f"about {audit.expected_label_errors} of {audit.labels_checked} are probably wrong"
        )
    return [*lines, *audit.notes]


def _write_issues(audit: AuditResult, path: Path) -> None:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["kind", "image", "score", "reason", "duplicate_of", "action", "new_label"])
    for f in audit.issues:
        writer.writerow([f.kind, f.image, f"{f.score:.4f}", f.reason, f.duplicate_of, f.action, f.new_label])
    atomic_write_text(path, table.getvalue())
