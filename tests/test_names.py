from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hoà Bình", "Hòa Bình"),
        ("Lạc Thuỷ", "Lạc Thủy"),
        ("Uỷ ban nhân dân", "Ủy ban nhân dân"),
        ("Sở Xây dựng", "Sở xây dựng"),
        ("Sở Giao thông Vận tải", "Sở Giao thông - Vận tải"),
        ("Sở Kế hoạch và Đầu tư", "Sở Kế hoạch - Đầu tư"),
        ("Sở Văn hóa, TT và DL", "Sở Văn hóa TT & DL"),
        ("UBND\u00a0huyện Đà Bắc", "UBND huyện Ðà\u200b Bắc"),
        ("Sở Y tế", unicodedata.normalize("NFD", "SỞ  Y TẾ ")),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("huyện Tân Lạc", "xã Tân Lạc"),
        ("Hoà Bình", "Hoa Bình"),
        ("Lạc Sơn", "Lạc Thủy"),
        ("Sở Tài chính", "Sở Tư pháp"),
        ("Đà Bắc", "Da Bac"),
    ],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


def test_no_two_units_of_the_sample_share_a_key(assessment: Assessment) -> None:
    keys = {unit.code: {folded(name) for name in unit.names} for unit in assessment.units}
    every = [key for names in keys.values() for key in names]
    assert len(every) == len(set(every))
