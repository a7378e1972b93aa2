"""From findings to a cleaned copy: every decision is a row that can be changed and applied again."""

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

DECISION_COLUMNS = ("image", "choice", "new_label", "why")


@dataclass(frozen=True)
class Decision:
    """What happens to one picture in the cleaned copy, and why; pictures without a decision are kept."""

    image: str
    action: CleaningAction
    new_label: str
    reason: str


def propose_decisions(issues: Iterable[Issue]) -> tuple[Decision, ...]:
    """One decision a picture: removal before a new label before keeping it."""
    weight = {CleaningAction.KEEP: 0, CleaningAction.RELABEL: 1, CleaningAction.REMOVE: 2}
    of: dict[str, list[Issue]] = {}
    for finding in issues:
        if Path(finding.image).suffix.lower() in dataset.IMAGE_SUFFIXES:
            of.setdefault(finding.image, []).append(finding)
    decisions = []
    for image, found in sorted(of.items()):
        chosen = max(found, key=lambda finding: weight[finding.action])
        why = "; ".join(f"{finding.kind}: {finding.reason}" for finding in found)
        decisions.append(Decision(image, chosen.action, chosen.new_label, why))
    return tuple(decisions)


def write_decisions(decisions: Iterable[Decision], path: Path) -> None:
    """One row a decision; edit `choice` and `new_label`, then give the file to `clean` again."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(DECISION_COLUMNS)
    writer.writerows((d.image, d.action, d.new_label, d.reason) for d in decisions)
    atomic_write_text(path, table.getvalue())


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read a file of decisions.

    Raises:
        MoviemotionError: there is no such file, or rows in it that say nothing; one line a row.
    """
    if not path.is_file():
        raise MoviemotionError(f"{path}: no such file; make one with: moviemotion lab audit DIR")
    decisions, faults = [], []
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        if missing := {"image", "choice"} - set(reader.fieldnames or ()):
            raise MoviemotionError(f"{path}: no column {', '.join(sorted(missing))}; add it to the header")
        for number, row in enumerate(reader, 2):
            choice, new = (row["choice"] or "").strip(), (row.get("new_label") or "").strip()
            if choice not in list(CleaningAction):
                faults.append(f"{path}:{number}: choice {choice!r}; write {', '.join(CleaningAction)}")
            elif choice == CleaningAction.RELABEL and new not in dataset.KNOWN_LABELS:
                known = ", ".join(sorted(dataset.KNOWN_LABELS))
                faults.append(f"{path}:{number}: new_label {new!r}; write one of {known}")
            else:
                decisions.append(
                    Decision(row["image"] or "", CleaningAction(choice), new, row.get("why") or "")
                )
    if faults:
        raise MoviemotionError("\n".join(faults))
    return tuple(decisions)


def check_outside_dataset(data: Path, out: Path) -> None:
    """Nothing is written into a data folder: it is never touched, and would be read with it the next time.

    Raises:
        MoviemotionError: `out` is `data`, or lies in it.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise MoviemotionError(f"{out}: lies in {data}; choose a folder beside it")


def check_output_folder(data: Path, out: Path) -> None:
    """A copy needs a folder of its own.

    Raises:
        MoviemotionError: `out` lies in `data` or around it, or is not an empty or a new folder.
    """
    check_outside_dataset(data, out)
    if data.resolve().is_relative_to(out.resolve()):
        raise MoviemotionError(f"{out}: {data} lies in it; choose a folder beside it")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise MoviemotionError(f"{out}: not an empty folder; choose another, or remove it")


def write_cleaned_copy(data: Path, out: Path, decisions: Iterable[Decision], copy_files: bool = False) -> int:
    """Write a cleaned copy of a data folder: links to the pictures, or copies of them.

    The source is never touched. Pictures that cannot be read, or lie under no known label, are not carried.

    Returns:
        the number of pictures in the copy.

    Raises:
        MoviemotionError: `out` is no place for a copy, or a decision names no picture.
    """
    check_output_folder(data, out)
    chosen = {decision.image: decision for decision in decisions}
    files = {}
    for split in dataset.list_splits(data):
        faces, _ = dataset.inspect_split(data, split)
        files.update(dict.fromkeys(faces.names))
    unknown = [name for name, decision in chosen.items() if name not in files and not (data / name).exists()]
    if unknown:
        lines = [f"{data / name}: no such picture; remove its decision" for name in unknown]
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
    """Lay out pictures anew, whole or not at all, with the rows of the annotations that belong to them.

    Args:
        out: a place that `refuse_place` has let pass.
        places: path in `data` → path in `out`; of two that would meet, the later takes on its old folder.
    """
    source, target = data.resolve(), out.resolve()
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    taken: dict[str, str] = {}
    for name, place in destinations.items():
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
