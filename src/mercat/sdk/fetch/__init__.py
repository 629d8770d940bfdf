"""Fetching supplier files: from this machine, http(s), ftp(s), sftp and s3, each file whole or not at all.

The border: passwords may stand in a location, and are never shown (``redact``); network addresses are judged before
they are connected to; nothing runs inside an open unit of work.
"""

from mercat.sdk.fetch.pace import Pace
from mercat.sdk.fetch.remote import FetchOptions, RemoteFile
from mercat.sdk.fetch.transfer import fetch, list_files
from mercat.sdk.redaction import redact

__all__ = ["FetchOptions", "Pace", "RemoteFile", "fetch", "list_files", "redact"]
