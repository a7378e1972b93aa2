"""Pictures of viewers, kept only where the study's terms ask for them, and encrypted.

A picture is a face alone: no name, no seat and no metadata goes into it, its file's name is random, and its
key lies outside the study folder. Without the key what is left is noise, wherever it was copied to.
"""

from __future__ import annotations

import io
import secrets
from datetime import datetime
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray
from PIL import Image

from moviemotion._io.atomic_files import atomic_write
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.consent import RETAINED_STATES, audit_subject, consent_state
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import key_file, open_database
from moviemotion.study.file_names import PICTURES_FOLDER

NONCE_BYTES = 12
"""Bytes in front of the ciphertext, as AES-GCM wants them."""


def store_picture(
    folder: Path, viewer: str, image: NDArray[np.uint8], time: float, now: datetime | None = None
) -> str:
    """Keep a picture of a viewer.

    Args:
        image: (height, width, 3) or (height, width) uint8.
        time: film second at which it was taken.

    Returns:
        The name of its file.

    Raises:
        MoviemotionError: the study's terms do not ask for pictures, or the viewer has not agreed.
    """
    with open_database(folder) as register:
        if not (register.terms and register.terms.pictures):
            raise SettingError(
                "no-pictures", "{path}: its terms allow no pictures; start a study with {pictures}", path=folder
            )
        if consent_state(register, viewer) not in RETAINED_STATES:
            raise MoviemotionError(f"viewer {viewer}: has not agreed; nothing is kept of them")
        name = f"{secrets.token_hex(16)}.bin"
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(_load_or_create_key(register.study_id)).encrypt(
            nonce, _encode_png(image), name.encode()
        )
        with register.transaction():
            register.connection.execute("INSERT INTO pictures VALUES (?, ?, ?)", (name, viewer, time))
            (folder / PICTURES_FOLDER).mkdir(exist_ok=True)
            with atomic_write(folder / PICTURES_FOLDER / name) as partial:
                partial.write_bytes(nonce + sealed)
            register.log(Role.RESEARCHER, "picture kept", {"subject": audit_subject(register, viewer)}, now)
    return name


def decrypt_picture(folder: Path, name: str) -> bytes:
    """A kept picture as PNG.

    Raises:
        MoviemotionError: there is no such picture, its key is not on this machine, or it was changed.
    """
    path = folder / PICTURES_FOLDER / Path(name).name
    with open_database(folder) as register:
        key = key_file(register.study_id, ".key")
    try:
        sealed = path.read_bytes()
        return AESGCM(key.read_bytes()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
    except FileNotFoundError as error:
        raise MoviemotionError(f"{error.filename}: not there; it may have been deleted on its day") from error
    except (InvalidTag, ValueError) as error:
        raise MoviemotionError(
            f"{path}: was changed, or has another key; restore both from a copy"
        ) from error


def destroy_key(study_id: str) -> None:
    """Make every picture of a study unreadable, its copies too."""
    key_file(study_id, ".key").unlink(missing_ok=True)


def _load_or_create_key(study_id: str) -> bytes:
    path = key_file(study_id, ".key")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(AESGCM.generate_key(256))
    return path.read_bytes()


def _encode_png(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
