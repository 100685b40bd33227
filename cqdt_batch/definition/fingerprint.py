"""What points come from, as a fingerprint: a criterion whose wording alone was mended has the one it had."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal

from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion, Level

_COUNTED = ("aggregation", "weight", "step", "measure", "on_zero", "target", "levels", "per_item", "extra")
"""The parameters of rules and of aggregation: what points come from."""
_NAMED = ("first_label", "second_label")
"""The names of measured figures: they say what is meant, unlike the label of a criterion."""
_USUAL = {field.name: field.default for field in fields(Criterion)}


def hashed(content: object) -> str:
    """The fingerprint of lists of texts."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def facts_of(criterion: Criterion) -> list[str]:
    """The rule of a criterion, its maximum, and the parameters that are not as usual, each with its name."""
    return [criterion.rule or "", _plain(criterion.max_score), *_parameters(criterion)]


def _parameters(criterion: Criterion) -> Iterator[str]:
    for name in _COUNTED:
        value = getattr(criterion, name)
        if value != _USUAL[name]:
            yield f"{name}={_written(value)}"
    for name in _NAMED:
        if named := folded(getattr(criterion, name)):
            yield f"{name}={named}"


def _written(value: Decimal | str | tuple[Level, ...]) -> str:
    match value:
        case Decimal():
            return _plain(value.normalize())
        case str():
            return value
    return "; ".join(f"{level.name}: {_plain(level.points.normalize())}" for level in value)


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"
