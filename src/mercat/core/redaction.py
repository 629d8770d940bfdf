"""What may be shown of an address or of a log line: never the password, the token or the signature in it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable

HIDDEN = "***"
_SHORTEST_KNOWN = 8
_MOST_KNOWN = 1_000

# Names of query parameters and headers that carry a secret: Shopify, Amazon, Google, Azure (sig) and what suppliers
# commonly invent. Over-hiding costs a reader a moment; under-hiding costs a password.
_NAMES = (
    r"[\w.-]*(?:password|passwd|pwd|secret|token|signature|credential|api[_-]?key|access[_-]?key|auth)[\w.-]*"
    r"|pass|sig|key|code|jwt|session"
)
_QUERY = re.compile(rf"([?&;](?:{_NAMES})=)[^&;#\s\"'>]*", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\b[a-z][a-z0-9+.-]*://)([^\s\"'<>]*)", re.IGNORECASE)
_HOST = re.compile(r"(?:\[[0-9a-fA-F:.%]+\]|[^\W_][\w.-]*)(?::\d*)?")
_HEADER = re.compile(
    r"((?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:token|key|secret)[\w-]*)"
    r"(['\"]?\s*[:,=]\s*(?:b(?=['\"]))?['\"]?)(?:(?:basic|bearer|digest|token)\s+)?[^'\"\r\n,;)]+",
    re.IGNORECASE,
)


def redact(location: str) -> str:
    """The location as it may be shown and logged: the password and secret query parameters are replaced by ``***``.

    A user name stays, except before http(s) where it stands alone: there it is usually a token.
    """
    scheme, mark, rest = location.partition("://")
    if not mark:
        return location
    userinfo, rest = split_userinfo(rest)
    if userinfo is not None:
        user, colon, _ = userinfo.partition(":")
        lone_token = not colon and scheme.lower() in {"http", "https"}
        shown = HIDDEN if lone_token else f"{user}:{HIDDEN}" if colon else user
        rest = f"{shown}@{rest}"
    return _QUERY.sub(rf"\1{HIDDEN}", f"{scheme}://{rest}")


def split_userinfo(rest: str) -> tuple[str | None, str]:
    """What stands after ``://`` as (userinfo or None, the rest).

    A password may hold ``@``, ``/``, ``?`` or ``#`` unescaped, because people paste it as it is: the last ``@`` of the
    authority ends it, and where no host and port follow there, the password is taken to run on to the last ``@`` of all.
    """
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    userinfo, mark, host = authority.rpartition("@")
    if not _HOST.fullmatch(host) and rest.rfind("@") > len(userinfo):
        userinfo, mark, _ = rest.rpartition("@")
    return (userinfo, rest[len(userinfo) + 1 :]) if mark else (None, rest)


def scrub(text: str) -> str:
    """A log line or a library's message with the secrets of every address and header in it hidden, and all known ones."""
    text = _AUTHORITY.sub(lambda found: redact(found[0]), text)
    return _known.hide(_HEADER.sub(rf"\1\2{HIDDEN}", text))


def hide(*values: str) -> None:
    """From now on these very values are hidden wherever ``scrub`` finds them: secrets that this process has opened.

    Left out is what is too short or too plain a word to be told from ordinary text.
    """
    _known.add(values)


class _Known:
    """Secrets by value. The newest thousand: a process that opens more has done with the oldest."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, values: Iterable[str]) -> None:
        fresh = [each for each in values if len(each) >= _SHORTEST_KNOWN and not each.isalpha()]
        with self._lock:
            if all(each in self._values for each in fresh):
                return
            self._values.update(dict.fromkeys(fresh))
            for each in list(self._values)[: max(0, len(self._values) - _MOST_KNOWN)]:
                del self._values[each]
            longest_first = sorted(self._values, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def hide(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


_known = _Known()


class Redacting(logging.Filter):
    """Hides secrets in what a library logs about its requests (it prints whole addresses, and headers when debugging)."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        return True
