"""Turn the issues of an audit into decisions, and decisions into a cleaned copy of the data set.

An audit proposes one decision per image (keep, relabel or remove) and writes them to `decisions.csv`. The
file can be edited and applied again, so a person has the last word. The source folder is never changed: a
cleaned copy is a new folder of links or files.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.data.issues import CleaningAction, Issue

DECISION_COLUMNS = ("image", "action", "new_label", "reason")


@dataclass(frozen=True)
class Decision:
    """The action for one image in the cleaned copy, and the reason. Images without a decision are kept.

    Attributes:
        image: path relative to the data folder.
        new_label: the image's label in the copy, if the action is to relabel it.
    """

    image: str
    action: CleaningAction
    new_label: str
    reason: str


def propose_decisions(issues: Iterable[Issue]) -> tuple[Decision, ...]:
    """Propose one decision per image, sorted by path.

    If an image has several issues, the most drastic proposed action applies: removing takes precedence over
    relabeling, and relabeling over keeping. The reason lists all issues.
    """
    severity = {CleaningAction.KEEP: 0, CleaningAction.RELABEL: 1, CleaningAction.REMOVE: 2}
    issues_of: dict[str, list[Issue]] = {}
    for issue in issues:
        if Path(issue.image).suffix.lower() in dataset.IMAGE_SUFFIXES:
            issues_of.setdefault(issue.image, []).append(issue)
    decisions = []
    for image, found in sorted(issues_of.items()):
        chosen = max(found, key=lambda issue: severity[issue.action])
        reason = "; ".join(f"{issue.kind}: {issue.reason}" for issue in found)
        decisions.append(Decision(image, chosen.action, chosen.new_label, reason))
    return tuple(decisions)


def write_decisions(decisions: Iterable[Decision], path: Path) -> None:
    """Write `decisions.csv`, one row per decision; `action` and `new_label` are meant to be edited."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(DECISION_COLUMNS)
    writer.writerows((d.image, d.action, d.new_label, d.reason) for d in decisions)
    atomic_write_text(path, table.getvalue())


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read `decisions.csv`, as proposed or edited.

    Raises:
        MoviemotionError: the file is missing, or some of its rows are invalid; the message has one line
            for each of these rows.
    """
    if not path.is_file():
        raise MoviemotionError(f"{path}: no such file; create it with: moviemotion lab audit DIR")
    decisions, errors = [], []
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        if missing := {"image", "action"} - set(reader.fieldnames or ()):
            raise MoviemotionError(
                f"{path}: column {', '.join(sorted(missing))} is missing; add it to the header"
            )
        for number, row in enumerate(reader, 2):
            action, new = (row["action"] or "").strip(), (row.get("new_label") or "").strip()
            if action not in list(CleaningAction):
                errors.append(
                    f"{path}:{number}: unknown action {action!r}; write one of {', '.join(CleaningAction)}"
                )
            elif action == CleaningAction.RELABEL and new not in dataset.KNOWN_LABELS:
                known = ", ".join(sorted(dataset.KNOWN_LABELS))
                errors.append(f"{path}:{number}: unknown new_label {new!r}; write one of {known}")
            else:
                decisions.append(
                    Decision(row["image"] or "", CleaningAction(action), new, row.get("reason") or "")
                )
    if errors:
        raise MoviemotionError("\n".join(errors))
    return tuple(decisions)


def check_outside_dataset(data: Path, out: Path) -> None:
    """Check that `out` is outside the data folder, since the next audit would otherwise read it as data.

    Raises:
        MoviemotionError: `out` is `data` or is inside it.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise MoviemotionError(f"{out}: is inside {data}; choose a folder outside it")


def check_output_folder(data: Path, out: Path) -> None:
    """Check that a copy of `data` can be written to `out`.

    Raises:
        MoviemotionError: one of the folders is inside the other, or `out` exists and is not empty.
    """
    check_outside_dataset(data, out)
    if data.resolve().is_relative_to(out.resolve()):
        raise MoviemotionError(f"{out}: contains {data}; choose a folder outside it")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise MoviemotionError(f"{out}: not an empty folder; choose another folder, or delete this one")


def write_cleaned_copy(data: Path, out: Path, decisions: Iterable[Decision], copy_files: bool = False) -> int:
    """Write a copy of a data folder with the decisions applied.

    The source is not changed. Images that cannot be read or have no known label are not copied.

    Args:
        copy_files: copy the image files instead of linking to them.

    Returns:
        The number of images in the copy.

    Raises:
        MoviemotionError: `out` cannot hold a copy (see `check_output_folder`), or a decision names an
            image that does not exist.
    """
    check_output_folder(data, out)
    chosen = {decision.image: decision for decision in decisions}
    files = {}
    for split in dataset.list_splits(data):
        faces, _ = dataset.inspect_split(data, split)
        files.update(dict.fromkeys(faces.names))
    unknown = [name for name, decision in chosen.items() if name not in files and not (data / name).exists()]
    if unknown:
        lines = [f"{data / name}: no such image; remove its decision" for name in unknown]
        raise MoviemotionError("\n".join(lines[: dataset.MAX_ERROR_LINES]))
    places: dict[str, str] = {}
    for name in files:
        decision = chosen.get(name)
        if decision is None or decision.action is CleaningAction.KEEP:
            places[name] = name
        elif decision.action is CleaningAction.RELABEL:
            place = Path(name)
            places[name] = (place.parent.parent / decision.new_label / place.name).as_posix()
    write_dataset_copy(data, out, places, copy_files)
    write_decisions(chosen.values(), out / "decisions.csv")
    return len(places)


def write_dataset_copy(data: Path, out: Path, destinations: dict[str, str], copy_files: bool) -> None:
    """Copy images to a new layout, together with their rows in the annotations file.

    The copy is built next to `out` and renamed once it is complete, so that an interrupted call leaves no
    incomplete data set behind.

    Args:
        out: a folder accepted by `check_output_folder`.
        destinations: path in `data` → path in `out`. If two images have the same destination, the file
            name of the second image is prefixed with the name of its old folder.
        copy_files: copy the image files instead of linking to them.
    """
    source, target = data.resolve(), out.resolve()
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    taken: dict[str, str] = {}
    for name, wanted in destinations.items():
        place = wanted
        while place in taken:
            folder, _, file = place.rpartition("/")
            place = f"{folder}/{'-'.join(Path(name).parent.parts)}-{file}"
        taken[place] = name
        destination = partial / place
        destination.parent.mkdir(parents=True, exist_ok=True)
        if copy_files:
            shutil.copy2(source / name, destination)
        else:
            destination.symlink_to(source / name)
    _copy_annotations(source, partial, taken)
    if target.exists():
        target.rmdir()
    partial.rename(target)


def _copy_annotations(source: Path, out: Path, taken: dict[str, str]) -> None:
    path = source / dataset.ANNOTATIONS_FILE
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        rows = {row.get("image"): row for row in reader}
    with (out / dataset.ANNOTATIONS_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for place, name in taken.items():
            if name not in rows:
                continue
            split, _, rest = place.rpartition("/")[0].rpartition("/")
            label = "" if rest == dataset.OTHER_LABEL else rest
            moved = {"image": place, "split": split, "label": label}
            writer.writerow({**rows[name], **{key: moved[key] for key in moved if key in columns}})
