from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded, looks_legacy, nearest, unmarked


def test_names_are_suggested_whole_or_else_by_a_part() -> None:
    names = ("Sở Y tế", "Sở Tư pháp", "Văn phòng UBND tỉnh")
    assert nearest("Sở Y tê", names)[0] == "Sở Y tế"
    assert nearest("văn phòng", names) == ("Văn phòng UBND tỉnh",)
    assert nearest("sở", names) == ("Sở Y tế", "Sở Tư pháp")
    assert nearest("", names) == nearest("%%%", names) == ()


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


@pytest.mark.parametrize("text", ["nhãn «Bình dân học vụ số»", "«Có»", "ghi «a» và «b»."])
def test_words_between_guillemets_are_no_old_encoding(text: str) -> None:
    assert not looks_legacy(text)


@pytest.mark.parametrize("text", ["S\u00eb Y t\u00d5", "c\u00abng b\u00bbng", "\u00abn \u00bbm c\u00abng"])
def test_old_encodings_are_told(text: str) -> None:
    assert looks_legacy(text)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ubnd huyen lac son", "UBND huyện Lạc Sơn"),
        ("so ke hoach va dau tu", "Sở Kế hoạch - Đầu tư"),
        ("SO GIAO DUC DAO TAO", "Sở Giáo dục và Đào tạo"),
    ],
)
def test_a_name_typed_without_diacritics_has_the_key_of_the_name(typed: str, name: str) -> None:
    assert unmarked(typed) == unmarked(name)
