"""The first look at a row, which spares most of them a closer one, must let every header row pass."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.cells import Content
from cqdt_batch.definition.names import folded
from cqdt_batch.intake.tables import _headers, _may_head, columns_of
from cqdt_batch.messages import in_every_language

HEADERS = [
    text for column in ("code", "label", "maximum", "score") for text in in_every_language(f"form.column.{column}")
]
OTHERS: list[Content] = ["", "1.1", "Tỷ lệ", Decimal(2), True]


@given(
    st.lists(st.sampled_from([*HEADERS, *map(str.upper, HEADERS), *OTHERS]), max_size=9),
    st.integers(1, 5),
)
def test_a_row_is_looked_at_if_and_only_if_enough_of_its_cells_are_headers(texts: list[Content], least: int) -> None:
    cells = dict(enumerate(texts, 1))

    named = [text for text in texts if isinstance(text, str) and folded(text) in _headers()]

    assert _may_head(cells, _headers(), least) == (len(named) >= least)
    assert len(columns_of(cells)) == len(named)
