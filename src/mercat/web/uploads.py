"""Files that a form sends in: kept under their hash, as every file that comes in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fastapi import UploadFile

from mercat.core.errors import Invalid
from mercat.core.files import KeptFile, safe_name
from mercat.core.unit import Runtime


def kept_upload(runtime: Runtime, file: UploadFile) -> tuple[KeptFile, str]:
    """The file, kept, and what it is called. Raises ``Invalid`` where none was chosen or it is empty."""
    name = safe_name(file.filename or "")
    folder = runtime.settings.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as taken:
        shutil.copyfileobj(file.file, taken)
        taken.flush()
        if taken.tell() == 0:
            message = "choose a file that is not empty"
            raise Invalid(message, field="file")
        return runtime.files.keep(Path(taken.name)), name
