"""What a merchant may set about pictures."""

from __future__ import annotations

from mercat.domain.operations.service import days

KEEP_PICTURES = days("retention.pictures_days", 30, "pictures that were sent in and that no change of a product names")
