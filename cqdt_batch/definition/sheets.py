"""The sheets and columns of the definition workbook, described once: read, checked and written from here.

A field's name is the name of the record's attribute; its header and its help stand in the catalogue under
`definition.<sheet>.<field>` and `definition.<sheet>.<field>_help`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from cqdt_batch.definition.records import (
    Aggregation,
    AnnexTable,
    AppraisalPart,
    Block,
    Column,
    ColumnKind,
    Correction,
    Criterion,
    Exemption,
    Extra,
    GivenScore,
    Grade,
    GradeBasis,
    Limits,
    Measure,
    NumberLook,
    Orientation,
    PastResult,
    Profile,
    RankBasis,
    Rule,
    ScoreSource,
    Section,
    SortOrder,
    Summing,
    TableContent,
    TableOrder,
    TieRule,
    Treatment,
    Unit,
    ZeroRule,
)


class Kind(Enum):
    """What a definition cell may hold."""

    TEXT = auto()
    CODE = auto()
    TEXTS = auto()
    WHOLE = auto()
    NUMBER = auto()
    YES_NO = auto()
    CHOICE = auto()
    LEVELS = auto()
    POINTS = auto()


class YesNo(StrEnum):
    """The two words of a yes/no column."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A column of a definition sheet.

    `refers` names the (sheet, field) whose values a drop-down offers; `least` and `most` bound a number. A column
    whose absence changes neither figures nor print is `dispensable`; all others must be there, filled in or not.
    `default` stands for an empty cell.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: type[StrEnum] | None = None
    refers: tuple[str, str] | None = None
    least: int = 0
    most: int = 1_000_000
    width: int = 16
    dispensable: bool = False
    default: int | StrEnum | None = None

    @property
    def blank(self) -> Any:
        """The value a record gets where the cell is empty or could not be read."""
        if self.kind is Kind.WHOLE and not self.required:
            return self.default
        return _BLANK[self.kind] if self.default is None else self.default


_BLANK: Mapping[Kind, Any] = {
    Kind.TEXT: "",
    Kind.CODE: "",
    Kind.TEXTS: (),
    Kind.WHOLE: 0,
    Kind.NUMBER: None,
    Kind.YES_NO: False,
    Kind.CHOICE: None,
    Kind.LEVELS: (),
    Kind.POINTS: None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetSpec:
    """A sheet of the definition: one record a row, or, where it is `upright`, one record with a field a row.

    The fields of the `key` tell a record from the others of its sheet. A `dispensable` sheet may be missing.
    """

    name: str
    record: type
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    upright: bool = False
    dispensable: bool = False

    @property
    def title_key(self) -> str:
        """Catalogue key of the sheet's name."""
        return f"definition.{self.name}.sheet"

    def header_key(self, field: Field) -> str:
        """Catalogue key of a field's header."""
        return f"definition.{self.name}.{field.name}"

    def help_key(self, field: Field) -> str:
        """Catalogue key of a field's help."""
        return f"definition.{self.name}.{field.name}_help"


def choice_key(choice: StrEnum) -> str:
    """Catalogue key of the word for a choice."""
    return f"choice.{type(choice).__name__}.{choice.value}"


def _code(name: str = "code", width: int = 16, *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.CODE, required=required, width=width)


def _text(name: str, width: int = 40, *, required: bool = False, dispensable: bool = False) -> Field:
    return Field(name=name, required=required, width=width, dispensable=dispensable)


def _choice(name: str, choices: type[StrEnum], width: int = 24, *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.CHOICE, choices=choices, required=required, width=width)


def _usual(name: str, usual: StrEnum, width: int = 16) -> Field:
    """A choice that need not be made: an empty cell means the usual."""
    return Field(name=name, kind=Kind.CHOICE, choices=type(usual), default=usual, width=width)


def _number(name: str, *, required: bool = False, least: int = 0, width: int = 12) -> Field:
    return Field(name=name, kind=Kind.NUMBER, required=required, least=least, most=10**9, width=width)


def _yes_no(name: str, *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.YES_NO, choices=YesNo, required=required, width=12)


def _whole(name: str, least: int, most: int, *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.WHOLE, required=required, least=least, most=most, width=14)


def _limit(name: str, least: int, most: int) -> Field:
    default: int = getattr(Limits(), name)
    return Field(name=name, kind=Kind.WHOLE, least=least, most=most, width=14, dispensable=True, default=default)


def _reference(name: str, sheet: str, field: str = "code", *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.CODE, required=required, refers=(sheet, field), width=16)


PROFILE = SheetSpec(
    name="profile",
    record=Profile,
    upright=True,
    fields=(
        _code(),
        _text("index_name", required=True),
        _whole("year", 2000, 2100),
        _text("province", required=True),
        _text("issuer", required=True),
        _text("appraiser", required=True),
        _text("criteria_set", required=True),
        _code("criteria_version"),
        _text("annex_title", required=True),
        _text("reference", required=True),
        _text("decision_number", dispensable=True),
        _text("decision_day", dispensable=True),
        _text("decision_month", dispensable=True),
        _text("decision_year", dispensable=True),
        _text("closing", dispensable=True),
        _text("send_to", dispensable=True),
        _text("deadline", dispensable=True),
        _text("remark", dispensable=True),
        _usual("scores", ScoreSource.VERIFIED),
        Field(name="tells_verified", kind=Kind.YES_NO, choices=YesNo, width=12, dispensable=True),
    ),
)

BLOCKS = SheetSpec(
    name="blocks",
    record=Block,
    key=("code",),
    fields=(
        _code(),
        _text("name", required=True),
        _whole("decimals", 0, 6),
        _whole("input_decimals", 0, 6),
        _choice("ties", TieRule),
        _choice("basis", RankBasis),
        _choice("treatment", Treatment, 34),
        Field(name="tie_breaks", kind=Kind.TEXTS, width=24),
        _usual("summing", Summing.EXACT, 24),
    ),
)

UNITS = SheetSpec(
    name="units",
    record=Unit,
    key=("code",),
    fields=(
        _code(width=22),
        _text("name", required=True, width=48),
        _text("printed_name", required=True, width=34),
        Field(name="other_names", kind=Kind.TEXTS, width=40, dispensable=True),
        _reference("block", "blocks"),
        _code("group", width=20, required=False),
        _code("subgroup", width=20, required=False),
        _text("note", dispensable=True),
    ),
)

CRITERIA = SheetSpec(
    name="criteria",
    record=Criterion,
    key=("block", "code"),
    fields=(
        _reference("block", "blocks"),
        _code(width=12),
        _code("parent", width=12, required=False),
        _text("label", required=True, width=70),
        Field(name="max_score", kind=Kind.NUMBER, width=12),
        _choice("rule", Rule, 16, required=False),
        _yes_no("evidence_required", required=False),
        _text("evidence", width=50, dispensable=True),
        _usual("aggregation", Aggregation.SUM),
        _number("weight"),
        _number("step"),
        _choice("measure", Measure, 16, required=False),
        _text("first_label", width=40),
        _text("second_label", width=40),
        _usual("on_zero", ZeroRule.ERROR),
        _number("target"),
        Field(name="levels", kind=Kind.LEVELS, width=40),
        _number("per_item"),
        _choice("extra", Extra, 14, required=False),
    ),
)

EXEMPTIONS = SheetSpec(
    name="exemptions",
    record=Exemption,
    key=("block", "group", "unit", "criterion"),
    fields=(
        _reference("block", "blocks"),
        _code("group", width=20, required=False),
        _reference("unit", "units", required=False),
        _code("criterion", width=12),
        _text("reason", width=60, dispensable=True),
    ),
)

TABLES = SheetSpec(
    name="tables",
    record=AnnexTable,
    key=("code",),
    fields=(
        _code(width=12),
        _reference("block", "blocks"),
        _text("title", required=True, width=80),
        _code("criterion", width=12),
        _yes_no("headed"),
        _choice("orientation", Orientation, 14),
        _usual("content", TableContent.UNITS),
        _usual("order", TableOrder.RESULT),
        _text("before", width=60, dispensable=True),
        _text("after", width=60, dispensable=True),
        Field(name="explains_sums", kind=Kind.YES_NO, choices=YesNo, width=14, dispensable=True),
    ),
)

SECTIONS = SheetSpec(
    name="sections",
    record=Section,
    key=("table", "groups", "subgroups"),
    fields=(
        _reference("table", "tables"),
        Field(name="groups", kind=Kind.TEXTS, width=30),
        _text("title", width=80),
        _yes_no("ranked"),
        _yes_no("restarts"),
        Field(name="subgroups", kind=Kind.TEXTS, width=30),
    ),
)

COLUMNS = SheetSpec(
    name="columns",
    record=Column,
    key=("table", "kind", "criterion"),
    fields=(
        _reference("table", "tables"),
        _choice("kind", ColumnKind, 20),
        _code("criterion", width=12, required=False),
        _text("label", required=True, width=40),
        Field(name="spanners", kind=Kind.TEXTS, width=24),
        _text("number", width=12),
        Field(name="width", kind=Kind.NUMBER, required=True, least=1, most=200, width=12),
        _whole("decimals", 0, 6, required=False),
        _usual("look", NumberLook.FIXED, 24),
        _choice("sort", SortOrder, 14, required=False),
    ),
)

GRADES = SheetSpec(
    name="grades",
    record=Grade,
    key=("block", "label"),
    dispensable=True,
    fields=(
        _reference("block", "blocks"),
        _choice("basis", GradeBasis),
        _number("least", required=True, width=16),
        _text("label", required=True, width=24),
    ),
)

GIVEN = SheetSpec(
    name="given",
    record=GivenScore,
    key=("unit", "criterion"),
    dispensable=True,
    fields=(
        _reference("unit", "units"),
        _code("criterion", width=12),
        _number("points", required=True),
        _text("source", width=60, dispensable=True),
    ),
)

PAST = SheetSpec(
    name="past",
    record=PastResult,
    key=("unit", "criterion", "name"),
    dispensable=True,
    fields=(
        _reference("unit", "units"),
        _code("criterion", width=12, required=False),
        _text("name", width=40),
        Field(name="total", kind=Kind.NUMBER, required=True, least=-(10**9), most=10**9, width=14),
        _whole("rank", 1, 100_000, required=False),
    ),
)

APPRAISAL = SheetSpec(
    name="appraisal",
    record=AppraisalPart,
    key=("code",),
    dispensable=True,
    fields=(
        _code(width=22),
        _reference("block", "blocks"),
        Field(name="criteria", kind=Kind.TEXTS, width=30),
        _text("appraiser", width=40, dispensable=True),
    ),
)

CORRECTIONS = SheetSpec(
    name="corrections",
    record=Correction,
    key=("unit", "criterion"),
    dispensable=True,
    fields=(
        _reference("unit", "units"),
        _code("criterion", width=12),
        Field(name="old", kind=Kind.POINTS, required=True, least=-(10**9), most=10**9, width=16),
        Field(name="new", kind=Kind.POINTS, required=True, least=-(10**9), most=10**9, width=16),
        _text("reason", required=True, width=60),
        _text("author", required=True, width=30),
        _text("day", required=True, width=16),
        _text("document", required=True, width=40),
    ),
)

LIMITS = SheetSpec(
    name="limits",
    record=Limits,
    upright=True,
    dispensable=True,
    fields=(
        _limit("file_size", 1, 1_000),
        _limit("parts", 50, 100_000),
        _limit("unpacked", 1, 10_000),
        _limit("part_size", 1, 10_000),
        _limit("ratio", 2, 100_000),
        _limit("sheets", 5, 1_000),
        _limit("rows", 1_000, 1_048_576),
        _limit("columns", 20, 16_384),
        _limit("seconds", 1, 3_600),
        _limit("memory", 64, 100_000),
    ),
)

SHEETS = (
    PROFILE,
    BLOCKS,
    UNITS,
    CRITERIA,
    EXEMPTIONS,
    TABLES,
    SECTIONS,
    COLUMNS,
    GRADES,
    GIVEN,
    PAST,
    APPRAISAL,
    CORRECTIONS,
    LIMITS,
)
"""The sheets in the order in which an officer fills them."""
