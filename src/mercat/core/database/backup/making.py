"""Making a backup, and putting one in the place of what is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, inspect, text

from mercat.core.clock import now
from mercat.core.database import migrate
from mercat.core.database.backup import native, scratch
from mercat.core.database.backup.archive import FILES, PORTABLE, Archive, ArchiveWriter, Manifest
from mercat.core.database.backup.hashing import hash_file
from mercat.core.database.backup.portable import (
    Advance,
    Source,
    dump,
    hash_tables,
    load,
    nothing,
    rows_in,
    rows_of,
    shapes_of,
)
from mercat.core.database.revision import current, head
from mercat.core.database.rows import Shape, shapes
from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime, WriteUnit

FORMS = ("auto", PORTABLE, "native")
Told = Callable[[WriteUnit], None]


@dataclass(frozen=True)
class Wish:
    """What a backup is to be. ``form``: ``native`` where the database's own programs are, ``portable``, or ``auto``."""

    form: str = "auto"
    description: str = ""
    with_files: bool = True


def write(runtime: Runtime, out: IO[bytes], wish: Wish, folder: Path, advance: Advance = nothing) -> Manifest:
    """Write a backup of one moment, while others write. ``folder`` is where parts lie until they are in it.

    Raises ``Conflict`` where a database's own program fails, ``Invalid`` for a form that cannot be had here, ``OSError``.
    """
    form = _form(runtime, wish.form)
    revision = current(runtime.engine)
    if revision is None or revision > head() or (revision != head() and form == PORTABLE):
        message = (
            f"the database is at revision {revision}, this Mercat works with {head()}: run `mercat db upgrade` first,"
            " or take --form native"
        )
        raise Conflict(message)
    manifest = Manifest(
        form=form,
        dialect=runtime.engine.dialect.name,
        mercat=version("mercat"),
        revision=revision,
        created_at=now().isoformat(timespec="seconds"),
        description=wish.description,
    )
    with ArchiveWriter(out, manifest) as archive:
        if form == PORTABLE:
            with runtime.read(snapshot=True) as unit:
                dump(unit.session.connection(), archive, advance)
        else:
            with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as parts:
                _write_native(runtime, archive, Path(parts) / native.PARTS[form], advance)
        if wish.with_files:
            _write_files(runtime, archive)
    return manifest


def _form(runtime: Runtime, wanted: str) -> str:
    if wanted not in FORMS:
        message = f"a backup's form is one of {', '.join(FORMS)}, not {wanted!r}"
        raise Invalid(message)
    why = native.why_not(runtime.engine)
    if why and wanted == "native":
        message = f"the database's own form cannot be had: {why}; install it, or take --form portable"
        raise Invalid(message)
    return PORTABLE if why or wanted == PORTABLE else runtime.engine.dialect.name


def _write_native(runtime: Runtime, archive: ArchiveWriter, part: Path, advance: Advance) -> None:
    engine = runtime.engine
    if engine.dialect.name == "postgresql":
        with runtime.read(snapshot=True) as unit:
            connection = unit.session.connection()
            moment = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            native.copy_out(engine, part, snapshot=moment, advance=_pages(advance))
            # Of an older schema nothing is known here but its bytes.
            archive.manifest.tables = hash_tables(connection, advance) if archive.manifest.revision == head() else []
    else:
        native.copy_out(engine, part, advance=_pages(advance))
        if engine.dialect.name == "sqlite" and archive.manifest.revision == head():
            # Of the copy: what is proved is what is kept.
            archive.manifest.tables = hash_file(part, advance)
    # PostgreSQL's form is compressed already.
    archive.add(part.name, part, compress=engine.dialect.name != "postgresql")


def _pages(advance: Advance) -> Callable[[int, int], None]:
    def tell(done: int, _total: int) -> None:
        advance("pages", done)

    return tell


def _write_files(runtime: Runtime, archive: ArchiveWriter) -> None:
    for path in runtime.files.every():
        archive.add(FILES + path.name, path, compress=False)


# -- restoring ------------------------------------------------------------------------------------------------------------


def refuse_newer(archive: Archive) -> None:
    """Raises ``Conflict`` for a backup of a schema that this Mercat does not know."""
    if archive.manifest.revision > head():
        message = (
            f"{archive.shown} was made at revision {archive.manifest.revision}, and this Mercat knows those up to {head()}:"
            " restore it with the Mercat that made it, or a newer one"
        )
        raise Conflict(message)


def restore(runtime: Runtime, archive: Archive, folder: Path, told: Told, advance: Advance = nothing) -> None:
    """Put a backup in the place of all that the database holds: all of it or nothing, whatever happens meanwhile.

    The caller has checked the archive. A backup of an older schema is brought up to date before it gets there. ``told`` is
    called in the transaction, for what is derived from the rows. ``folder`` has room for the database once.
    """
    refuse_newer(archive)
    _restore_files(runtime, archive, folder)
    form, ours = archive.manifest.form, runtime.engine.dialect.name
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as made:
        parts = Path(made)
        if form == "postgresql":
            _restore_postgres(runtime, archive, parts)
            return
        if current(runtime.engine) != head():
            migrate.upgrade(runtime.engine)
        if form == PORTABLE and archive.manifest.revision == head():
            _replace(runtime, shapes_of(archive), rows_in(archive), told, advance)
            return
        with scratch.opened(archive, runtime.settings, parts) as source:
            if form == ours == "sqlite" and _is_put_in_place(runtime, source, parts):
                return
            with source.connect() as connection:
                _replace(runtime, shapes(), rows_of(connection), told, advance)


def _replace(runtime: Runtime, tables: dict[str, Shape], source: Source, told: Told, advance: Advance) -> None:
    with runtime.write() as unit:
        load(unit.bulk, tables, source, advance)
        told(unit)


def _is_put_in_place(runtime: Runtime, source: Engine, parts: Path) -> bool:
    """SQLite onto SQLite goes page by page, unless their pages differ in size."""
    # The last connection that closes writes the log back into the file.
    source.dispose()
    try:
        native.put_in_sqlite(parts / "scratch.db", runtime.engine)
    except Invalid:
        return False
    return True


def _restore_postgres(runtime: Runtime, archive: Archive, parts: Path) -> None:
    if runtime.engine.dialect.name != "postgresql":
        message = f"{archive.shown} is in PostgreSQL's own form: restore it on a PostgreSQL, or make a portable backup"
        raise Conflict(message)
    dump_file = parts / native.PARTS["postgresql"]
    archive.extract(dump_file.name, dump_file)
    there = inspect(runtime.engine).get_table_names(schema="public")
    native.put_in_postgres(dump_file, runtime.engine, there)
    if archive.manifest.revision != head():
        migrate.upgrade(runtime.engine)


def _restore_files(runtime: Runtime, archive: Archive, folder: Path) -> None:
    """Kept files first: they are never changed, so those that are not needed do no harm."""
    for sha256, part in archive.files.items():
        if not runtime.files.path_of(sha256).exists():
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".file-") as taken:
                archive.extract(part, Path(taken.name))
                runtime.files.keep(Path(taken.name))
