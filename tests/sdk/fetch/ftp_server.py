"""The sandbox's FTP server, with the login that these tests use."""

from functools import partial

from mercat.sandbox.feeds import Login
from mercat.sandbox.feeds.ftp import ftp_serving as serving
from mercat.sandbox.feeds.ftp import without

ftp_serving = partial(serving, login=Login("anna", "geheim"))

__all__ = ["ftp_serving", "without"]
