"""Typed custom values: written down, read, judged and compared. Pure; what other modules call."""

from mercat.domain.catalog.metafield_checks import check, faults_of_options
from mercat.domain.catalog.metafield_json import Unfit
from mercat.domain.catalog.metafield_types import TYPES, type_named
from mercat.domain.catalog.metafield_values import decode, encode, same

__all__ = ["TYPES", "Unfit", "check", "decode", "encode", "faults_of_options", "same", "type_named"]
