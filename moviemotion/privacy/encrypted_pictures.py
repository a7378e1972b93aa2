"""Encrypted pictures of participants, stored only if the terms of the study allow it.

A picture shows a face without any name, seat or metadata. Its file name is random and its key is stored
outside the study folder, so a copy of the folder alone reveals nothing.
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

from moviemotion._io.atomic_files import PRIVATE_FILE, PRIVATE_FOLDER, atomic_write
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.consent import RETAINED_STATES, audit_subject, consent_state
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import key_file, open_database
from moviemotion.study.file_names import PICTURES_FOLDER

NONCE_BYTES = 12
"""Length of the AES-GCM nonce that precedes the ciphertext, in bytes."""


def store_picture(
    folder: Path, viewer: str, image: NDArray[np.uint8], time: float, now: datetime | None = None
) -> str:
    """Encrypt and store a picture of a participant.

    Args:
        folder: the study folder.
        viewer: the participant's random ID.
        image: uint8 array, (height, width, 3) or (height, width).
        time: film time at which the picture was taken, in seconds.
        now: defaults to the current time.

    Returns:
        The name of the stored file.

    Raises:
        MoviemotionError: the terms of the study do not allow pictures, or the participant has not accepted.
    """
    with open_database(folder) as database:
        if not (database.terms and database.terms.pictures):
            raise SettingError(
                "no-pictures",
                "{path}: the study's terms do not allow pictures to be stored; "
                "start a new study with {pictures}",
                path=folder,
            )
        if consent_state(database, viewer) not in RETAINED_STATES:
            raise MoviemotionError(
                f"viewer {viewer}: has not given consent; ask for it before storing pictures"
            )
        name = f"{secrets.token_hex(16)}.bin"
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(_load_or_create_key(database.study_id)).encrypt(
            nonce, _encode_png(image), name.encode()
        )
        with database.transaction():
            database.connection.execute("INSERT INTO pictures VALUES (?, ?, ?)", (name, viewer, time))
            (folder / PICTURES_FOLDER).mkdir(PRIVATE_FOLDER, exist_ok=True)
            with atomic_write(folder / PICTURES_FOLDER / name) as partial:
                partial.write_bytes(nonce + sealed)
            database.log(Role.RESEARCHER, "picture stored", {"subject": audit_subject(database, viewer)}, now)
    return name


def decrypt_picture(folder: Path, name: str) -> bytes:
    """Decrypt a stored picture and return it as a PNG file.

    Raises:
        MoviemotionError: there is no such picture, its key is not on this machine, or the file was modified.
    """
    path = folder / PICTURES_FOLDER / Path(name).name
    with open_database(folder) as database:
        key = key_file(database.study_id, ".key")
    try:
        sealed = path.read_bytes()
        return AESGCM(key.read_bytes()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
    except FileNotFoundError as error:
        raise MoviemotionError(f"{error.filename}: missing; its retention period may have ended") from error
    except (InvalidTag, ValueError) as error:
        raise MoviemotionError(
            f"{path}: modified, or encrypted with another key; restore the picture and its key from a backup"
        ) from error


def destroy_key(study_id: str) -> None:
    """Delete the key of a study, which makes all of its pictures, including copies, unreadable."""
    key_file(study_id, ".key").unlink(missing_ok=True)


def _load_or_create_key(study_id: str) -> bytes:
    path = key_file(study_id, ".key")
    if not path.exists():
        path.touch(mode=PRIVATE_FILE)
        path.write_bytes(AESGCM.generate_key(256))
    return path.read_bytes()


def _encode_png(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
