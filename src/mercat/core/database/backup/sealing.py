"""Encrypted backups, in the format of age (https://age-encryption.org, v1).

The file holds two parts: ``key.age``, a key of this backup alone that is encrypted with the password (scrypt), and
``backup.zip.age``, the backup encrypted to that key. So it is written and read as a stream, and without Mercat too:
``age -d -o key key.age; age -d -i key -o backup.zip backup.zip.age``.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any, cast

from mercat.core.errors import Conflict, Invalid

KEY = "key.age"
BODY = "backup.zip.age"


def seal(plain: Path, out: IO[bytes], password: str) -> None:
    """Write an encrypted backup. Raises ``Invalid`` for an empty password."""
    import pyrage  # noqa: PLC0415  # few commands need it

    if not password:
        message = "an encrypted backup needs a password: set MERCAT_BACKUP_PASSWORD, and keep it somewhere else"
        raise Invalid(message)
    identity = pyrage.x25519.Identity.generate()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as outer:
        outer.writestr(KEY, pyrage.passphrase.encrypt(str(identity).encode(), password))
        with plain.open("rb") as given, outer.open(BODY, "w", force_zip64=True) as into:
            pyrage.encrypt_io(given, into, [identity.to_public()])


def is_sealed(path: Path) -> bool:
    """Whether a file is an encrypted backup. What is no zip at all is not."""
    try:
        with zipfile.ZipFile(path) as outer:
            return KEY in outer.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def unseal(path: Path, to: Path, password: str, *, shown: str) -> None:
    """Decrypt into a file. Raises ``Invalid`` for the wrong password, ``Conflict`` for a damaged file."""
    import pyrage  # noqa: PLC0415

    if not password:
        message = f"{shown} is encrypted: give its password in MERCAT_BACKUP_PASSWORD"
        raise Invalid(message)
    try:
        with zipfile.ZipFile(path) as outer:
            identity = pyrage.x25519.Identity.from_str(_key(outer, password, shown))
            with outer.open(BODY) as given, to.open("wb") as out:
                pyrage.decrypt_io(cast("Any", given), out, [identity])
    except (pyrage.DecryptError, zipfile.BadZipFile, KeyError, EOFError) as damaged:
        message = f"{shown} is damaged: what was encrypted was changed or cut off; take another backup"
        raise Conflict(message) from damaged


def _key(outer: zipfile.ZipFile, password: str, shown: str) -> str:
    import pyrage  # noqa: PLC0415

    try:
        return str(pyrage.passphrase.decrypt(outer.read(KEY), password).decode())
    except pyrage.DecryptError as wrong:
        message = f"the password does not open {shown}: MERCAT_BACKUP_PASSWORD is that of the day it was made"
        raise Invalid(message) from wrong
