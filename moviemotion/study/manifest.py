"""The inputs and settings that identify a study. Versions are recorded too, but are not compared.

A study may be resumed with a different version of the program or a different emotion model. The manifest then
lists the previous versions under `earlier_versions`, and `version_problems` adds a warning to the report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from moviemotion import __version__
from moviemotion.audience.faces.emotion_model import EMOTION_WEIGHTS
from moviemotion.audience.faces.face_registry import DEFAULT_MODEL
from moviemotion.audience.faces.weights_fingerprint import weights_fingerprint
from moviemotion.errors import SettingError
from moviemotion.problems import Harm, Problem

_NETWORKS = {"emotion_model": "model", "face_detector": "detector"}
"""Manifest key → setting. The network's name is a setting of the study; its fingerprint is only a version."""
_VERSION_KEYS = ("moviemotion", *_NETWORKS)
_EARLIER_KEY = "earlier_versions"
STUDY_ID_KEY = "study_id"
"""Manifest key for the study's ID in its database; present once the cameras have random IDs."""
_UNCOMPARED_KEYS = (*_VERSION_KEYS, _EARLIER_KEY, STUDY_ID_KEY, "cameras", "texts")
_SETTINGS = {"sync": "config", "frozen_after": "config", "simulated": "emotion_script"}
"""Manifest key → setting, where the two names differ."""
_CAMERA_SETTINGS = {"offset": "offsets", "rotation": "rotations"}
"""Key of a camera in the manifest → setting."""


def check_manifest(manifest: Any) -> None:
    """Check the parts of a stored manifest that the program relies on.

    Raises:
        TypeError, ValueError: the manifest is damaged.
    """
    if not isinstance(manifest, dict):
        raise TypeError("not an object")
    if not isinstance(manifest.get("cameras"), dict):
        raise TypeError("no cameras")
    earlier = manifest.get(_EARLIER_KEY, [])
    if not isinstance(earlier, list) or not all(isinstance(versions, dict) for versions in earlier):
        raise ValueError(f"invalid {_EARLIER_KEY}")
    for key in ("moviemotion", STUDY_ID_KEY):
        if not all(isinstance(v.get(key, ""), str) for v in (manifest, *earlier)):
            raise ValueError(f"invalid {key}")
    for key in _NETWORKS:
        for network in (v[key] for v in (manifest, *earlier) if isinstance(v.get(key), dict)):
            if not all(isinstance(network.get(name, ""), str) for name in ("name", "fingerprint")) or (
                "fingerprint" in network and "name" not in network
            ):
                raise ValueError(f"invalid {key}")


def check_same_inputs(
    folder: Path, stored: Any, requested: Any, measured: Collection[str], movable: Collection[str] = ()
) -> None:
    """Check that a study was started with the same inputs and settings.

    Args:
        folder: the study folder, named in the message.
        stored, requested: the two manifests to compare.
        measured: cameras whose samples exist. Other cameras may still be corrected or left out.
        movable: cameras whose samples can be put on another clock, so that their offsets may be corrected.

    Raises:
        SettingError: inputs or settings differ; the message names each difference.
    """
    if not isinstance(stored, dict) or not isinstance(requested, dict):
        raise SettingError("study-unreadable", "{path}: not a study; choose another {out}", path=folder)
    if STUDY_ID_KEY in stored and STUDY_ID_KEY not in requested:
        raise SettingError(
            "study-pseudonymized",
            "{path}: contains a pseudonymized study, whose recordings can no longer be identified; "
            "choose another {out}",
            path=folder,
        )
    parts: list[str] = []
    values: dict[str, object] = {"path": folder}
    for setting, part in _differences(stored, requested, measured, movable):
        for name, value in part.items():
            values[f"{name}{len(parts)}"] = value
        template = "{{{setting}}} {{before{k}}}, not {{after{k}}}" if setting else "{{before{k}}}"
        parts.append(template.format(setting=setting, k=len(parts)))
    if parts:
        raise SettingError(
            "another-study",
            "{path}: contains a different study, made with "
            + "; ".join(parts)
            + "; use the same inputs and settings, or choose another {out}",
            **values,
        )


def _differences(
    stored: dict[str, Any],
    requested: dict[str, Any],
    measured: Collection[str],
    movable: Collection[str],
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name of each setting that differs (empty for an input), with its old and new values."""
    for key in dict.fromkeys((*stored, *requested)):
        before, after = stored.get(key), requested.get(key)
        if key not in _UNCOMPARED_KEYS and before != after:
            yield _SETTINGS.get(key, key), {"before": _plain(before), "after": _plain(after)}
    for key, setting in _NETWORKS.items():
        names = [(manifest.get(key) or {}).get("name") for manifest in (stored, requested)]
        if None not in names and names[0] != names[1]:
            yield setting, {"before": str(names[0]), "after": str(names[1])}
    yield from _file_differences(stored.get("texts") or {}, requested.get("texts") or {})
    before, after = stored.get("cameras") or {}, requested.get("cameras") or {}
    for camera in (name for name in before if name in measured):
        if camera not in after:
            yield "", {"before": f"camera {camera}"}
        elif before[camera] != after[camera]:
            yield from _camera_differences(camera, before[camera], after[camera], camera in movable)
    for camera in (name for name in after if name in measured and name not in before):
        yield "", {"before": f"no camera {camera}"}


def _file_differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[tuple[str, dict[str, str]]]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            how = "no" if name not in before else "" if name not in after else "another"
            yield "", {"before": f"{how} {name}".strip()}


def _camera_differences(
    camera: str, before: Any, after: Any, movable: bool
) -> Iterator[tuple[str, dict[str, str]]]:
    before, after = (value if isinstance(value, dict) else {"file": value} for value in (before, after))
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) == after.get(key) or (key == "offset" and movable):
            continue
        if key in _CAMERA_SETTINGS:
            values = {"before": f"{camera}={_plain(before.get(key))}", "after": _plain(after.get(key))}
            yield _CAMERA_SETTINGS[key], values
        else:
            yield "", {"before": f"another recording of camera {camera}"}


def _plain(value: object) -> str:
    """Format a manifest value as a person would write it."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "-".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return str(value)


def with_earlier_versions(
    requested: dict[str, Any], stored: dict[str, Any], measured: Collection[str]
) -> dict[str, Any]:
    """The manifest of a resumed study, including earlier versions with which some cameras were measured.

    Args:
        requested: the manifest of this run.
        stored: the manifest stored in the study.
        measured: cameras whose samples exist.
    """
    earlier = list(stored.get(_EARLIER_KEY, []))
    versions, now = _versions(stored), _versions(requested)
    if measured and versions != now:
        if set(requested.get("cameras") or ()) <= set(measured):
            now = versions  # this run does not measure any camera
        elif versions not in earlier:
            earlier.append(versions)
    manifest = {key: value for key, value in requested.items() if key not in _VERSION_KEYS}
    database = {STUDY_ID_KEY: stored[STUDY_ID_KEY]} if STUDY_ID_KEY in stored else {}
    return {**now, **manifest, **database, **({_EARLIER_KEY: earlier} if earlier else {})}


def version_problems(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Warnings about cameras that were measured with another version of the program or its networks.

    Args:
        manifest: the manifest of the analyzed study.
    """
    recorded = [*manifest.get(_EARLIER_KEY, ()), _versions(manifest)]
    programs = sorted({v["moviemotion"] for v in recorded if "moviemotion" in v} - {__version__})
    if programs:
        yield Problem(
            "other-program-version",
            Harm.NOTE,
            f"Cameras were measured with moviemotion {', '.join(programs)}; this analysis was made with "
            f"{__version__}",
        )
    current = {("emotion_model", DEFAULT_MODEL): weights_fingerprint(EMOTION_WEIGHTS)}
    for key in _NETWORKS:
        networks = [v[key] for v in recorded if isinstance(v.get(key), dict) and "fingerprint" in v[key]]
        what = key.replace("_", " ")
        if len({network["fingerprint"] for network in networks}) > 1:
            yield Problem(
                "mixed-networks",
                Harm.WRONG,
                f"Cameras were measured with different versions of the {what}; viewers of different cameras "
                "may not be comparable; screen all recordings again into a new folder if they still exist",
            )
        elif networks:
            now = current.get((key, networks[0]["name"]))
            if now not in (None, networks[0]["fingerprint"]):
                yield Problem(
                    "other-network-version",
                    Harm.NOTE,
                    f"Cameras were measured with another version of the {what} than this program's",
                )


def _versions(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in _VERSION_KEYS if key in manifest}
