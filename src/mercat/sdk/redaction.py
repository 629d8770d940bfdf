"""What may be shown of an address or of a log line, for connectors: see ``core/redaction.py``."""

from mercat.core.redaction import HIDDEN, Redacting, redact, scrub, split_userinfo

__all__ = ["HIDDEN", "Redacting", "redact", "scrub", "split_userinfo"]
