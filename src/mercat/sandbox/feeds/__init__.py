"""Loopback servers that hold feeds: FTP, FTPS, SFTP and S3, each serving one folder to read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    """Who is let in. The servers listen on loopback only, so the first one is no secret."""

    username: str = "mercat"
    password: str = "sandbox"  # noqa: S105  # see above


__all__ = ["Login"]
