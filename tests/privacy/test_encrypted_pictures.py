"""A kept picture is unreadable without its key, and says nothing but itself."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from privacy_studies import TERMS

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, encrypted_pictures, retention
from moviemotion.privacy.disclosure import load_disclosure

FACE = np.random.default_rng(5).integers(0, 256, (32, 24, 3), dtype=np.uint8)


def asked(folder: Path, accepts: bool = True, kept: bool = True) -> str:
    retention.begin_study(folder, replace(TERMS, pictures=kept), {})
    consent.add_seat(folder, "Row 7, seat 12", "cam-a")
    viewer = consent.ask_for_consent(folder, "Row 7, seat 12")
    consent.record_answer(folder, viewer, accepts, load_disclosure(folder).version)
    return viewer


def test_it_comes_back_as_it_was_without_any_metadata(tmp_path: Path) -> None:
    viewer = asked(tmp_path / "study")
    png = encrypted_pictures.decrypt_picture(
        tmp_path / "study", encrypted_pictures.store_picture(tmp_path / "study", viewer, FACE, 12.5)
    )
    image = Image.open(io.BytesIO(png))
    np.testing.assert_array_equal(np.asarray(image), FACE)
    assert image.info == {}
    assert not any(mark in png for mark in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", viewer.encode()))


def test_on_disk_it_is_noise_under_a_random_name(tmp_path: Path, keys: Path) -> None:
    viewer = asked(folder := tmp_path / "study")
    first, second = (encrypted_pictures.store_picture(folder, viewer, FACE, 12.5) for _ in range(2))
    stored = [(folder / "pictures" / name).read_bytes() for name in (first, second)]
    assert first != second
    assert stored[0][encrypted_pictures.NONCE_BYTES :] != stored[1][encrypted_pictures.NONCE_BYTES :]
    assert not any(b"PNG" in content or b"IHDR" in content for content in stored)
    (key,) = keys.glob("*.key")
    assert key.stat().st_mode & 0o077 == 0
    assert not any(key.read_bytes() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "12" not in first.split(".")[1]


def test_a_changed_or_swapped_picture_or_a_lost_key_is_reported(tmp_path: Path, keys: Path) -> None:
    viewer = asked(folder := tmp_path / "study")
    first, second = (encrypted_pictures.store_picture(folder, viewer, FACE, t) for t in (1.0, 2.0))
    place = folder / "pictures"
    (place / second).write_bytes((place / first).read_bytes())
    with pytest.raises(MoviemotionError, match="modified, or"):
        encrypted_pictures.decrypt_picture(folder, second)
    next(keys.glob("*.key")).unlink()
    with pytest.raises(MoviemotionError, match="missing"):
        encrypted_pictures.decrypt_picture(folder, first)


@pytest.mark.parametrize("name", ["../study.db", "no.bin", "/etc/passwd"])
def test_no_other_file_can_be_asked_for(tmp_path: Path, name: str) -> None:
    encrypted_pictures.store_picture(tmp_path, asked(tmp_path), FACE, 1.0)
    with pytest.raises(MoviemotionError, match="missing"):
        encrypted_pictures.decrypt_picture(tmp_path, name)


def test_none_is_kept_unless_asked_for_and_agreed(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="do not allow pictures"):
        encrypted_pictures.store_picture(tmp_path / "a", asked(tmp_path / "a", kept=False), FACE, 1.0)
    with pytest.raises(MoviemotionError, match="has not given consent"):
        encrypted_pictures.store_picture(tmp_path / "b", asked(tmp_path / "b", accepts=False), FACE, 1.0)
    assert not (tmp_path / "a" / "pictures").exists()
    assert not (tmp_path / "b" / "pictures").exists()
