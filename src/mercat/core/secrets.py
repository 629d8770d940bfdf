"""Secrets at rest: sealed with a key that lies outside the database.

The key is a file of the Mercat home that only its owner may read, made when the first secret is sealed, or it is given in
``MERCAT_SECRET_KEY``. Several keys may be there at once (the newest first): that is how one is exchanged for another.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mercat.core.errors import Conflict, Invalid
from mercat.core.redaction import hide

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE = "secret.key"
_FOR_OTHERS = 0o077


class Secrets:
    """Seals and opens. ``path`` is the key file; ``given`` (keys joined by commas) takes its place where it is not empty."""

    def __init__(self, path: Path, given: str = "") -> None:
        self.path = path
        self._given = given

    def __repr__(self) -> str:
        return f"Secrets({self.path})"

    @property
    def is_given(self) -> bool:
        """Whether the key comes from the environment, and no file is kept."""
        return bool(self._given)

    def seal(self, values: Mapping[str, str], place: str) -> str:
        """Encrypt some values for one place (such as ``stores.credentials:<id>``): elsewhere they will not open."""
        hide(*values.values())
        text = json.dumps({"place": place, "values": dict(values)})
        return self._box(make=True).encrypt(text.encode()).decode()

    def open(self, sealed: str, place: str) -> dict[str, str]:
        """What was sealed for this place. Raises ``Conflict`` where none of our keys opens it."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415  # few commands need it, and it loads slowly

        try:
            kept = json.loads(self._box(make=False).decrypt(sealed.encode()))
        except InvalidToken as failed:
            message = (
                f"a secret was sealed with another key than {self._where()}: bring that key back, or enter it anew"
            )
            raise Conflict(message, place=place) from failed
        if kept["place"] != place:
            message = f"the secret at {place} was sealed for {kept['place']}: somebody moved it; enter it anew"
            raise Conflict(message, place=place)
        values: dict[str, str] = kept["values"]
        hide(*values.values())
        return values

    @contextmanager
    def exchanging(self) -> Iterator[None]:
        """While this lasts a new key seals and the old ones still open; at the end, if all went well, they are gone.

        A crash in between leaves all keys in the file: nothing is lost, and the exchange can be started again. Keys
        that were given in the environment are exchanged there, so nothing is made here: the first of them seals.
        """
        if self.is_given:
            yield
            return
        keys = [new_key(), *(self._keys() if self.path.exists() else [])]
        self._write(keys)
        yield
        self._write(keys[:1])

    def _where(self) -> str:
        return "the one in MERCAT_SECRET_KEY" if self.is_given else f"the one in {self.path}"

    def _box(self, *, make: bool) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  # few commands need it, and it loads slowly

        if make and not self.is_given and not self.path.exists():
            self._write([new_key()], is_first=True)
        try:
            return MultiFernet([Fernet(key) for key in self._keys()])
        except ValueError as wrong:
            # The reason is left out: it might quote the key.
            message = f"{self._where().removeprefix('the one in ')} holds no key: `mercat secrets generate` makes one"
            raise Invalid(message) from wrong

    def _keys(self) -> list[str]:
        """Read anew each time: another process may have exchanged them."""
        if self.is_given:
            return [key.strip() for key in self._given.split(",") if key.strip()]
        try:
            mode = self.path.stat().st_mode
            keys = self.path.read_text("ascii").split()
        except FileNotFoundError as missing:
            message = f"the key {self.path} is missing: bring it back from a backup, or set MERCAT_SECRET_KEY"
            raise Conflict(message) from missing
        if mode & _FOR_OTHERS:
            message = f"others may read {self.path}: chmod 600 it"
            raise Conflict(message)
        return keys

    def _write(self, keys: Sequence[str], *, is_first: bool = False) -> None:
        """The file appears whole or not at all; the first one never takes the place of one that just came."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".secret-")  # only its owner may read it
        try:
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write("\n".join(keys) + "\n")
                out.flush()
                os.fsync(out.fileno())
            if not is_first:
                Path(name).replace(self.path)
                return
            try:
                self.path.hardlink_to(name)
            except FileExistsError:
                return
        finally:
            Path(name).unlink(missing_ok=True)


def new_key() -> str:
    """A fresh key, as text."""
    from cryptography.fernet import Fernet  # noqa: PLC0415  # few commands need it, and it loads slowly

    return Fernet.generate_key().decode()
