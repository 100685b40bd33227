"""The same job as a competent analyst would do it with pandas: what `cqdt report` is measured against.

A read_excel and a pandera validation for every file, sums and ranks by groupby and pivot, a workbook by to_excel. The
name of a file is taken for the code of its unit and the header for granted; no file is looked into before it is
opened, none is opened aside, and no figure can be traced. Totals and ranks are the same (tests/test_bench.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

import numpy as np
import pandas as pd
import pandera.pandas as pa

Engine: TypeAlias = Literal["openpyxl", "calamine"]

FORM = "Phiếu tự đánh giá"
HEADER = 6
CODE, SCORE = "Mã", "Điểm tự đánh giá"
EVIDENCE, EXPLANATION = "Tài liệu kiểm chứng (số, ngày, trích yếu, trang)", "Giải trình"
NOISE = 6
"""The decimal at which a sum of floats is cut, so that 55.85 rounds to 55.9 though its float lies below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """What an analyst takes from the definition workbook; decimals, criteria and tables by the code of a block."""

    units: pd.DataFrame
    decimals: dict[str, int]
    input_decimals: dict[str, int]
    criteria: dict[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame]


def read_definition(path: Path, engine: Engine) -> Definition:
    """Read the four sheets that count."""
    names = ["Khối", "Đơn vị", "Tiêu chí", "Biểu"]
    codes = dict.fromkeys(("Mã tiêu chí", "Mã cấp trên", "Tiêu chí xếp hạng"), str)
    blocks, units, criteria, tables = pd.read_excel(path, sheet_name=names, dtype=codes, engine=engine).values()
    return Definition(
        units=units.set_index("Mã đơn vị"),
        decimals=dict(zip(blocks["Mã khối"], blocks["Số thập phân công bố"], strict=True)),
        input_decimals=dict(zip(blocks["Mã khối"], blocks["Số thập phân khi nhập"], strict=True)),
        criteria=_by_block(criteria.rename(columns={"Mã tiêu chí": CODE})),
        tables=_by_block(tables),
    )


def _by_block(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(block): of_block for block, of_block in frame.groupby("Khối")}


def leaves_of(criteria: pd.DataFrame) -> pd.DataFrame:
    """The criteria of a block that are scored, with their maximum and whether they must be proved."""
    leaves = criteria[criteria["Điểm tối đa"].notna()]
    required = leaves["Cần tài liệu kiểm chứng"] == "Có"
    return pd.DataFrame({CODE: leaves[CODE], "maximum": leaves["Điểm tối đa"].astype(float), "required": required})


def form_schema(decimals: int) -> pa.DataFrameSchema:
    """What the rows of a form must be: the checks of `cqdt report`, but for those that need more than numbers."""
    exact = pa.Check(lambda scores: scores.round(decimals) == scores, error="too many decimals")
    within = pa.Check(lambda form: form[SCORE] <= form["maximum"], error="above the maximum")
    supported = pa.Check(
        lambda form: ~form["required"] | (form[SCORE] == 0) | form[[EVIDENCE, EXPLANATION]].notna().any(axis=1),
        error="neither evidence nor explanation",
    )
    columns = {
        CODE: pa.Column(str, unique=True),
        SCORE: pa.Column(float, [pa.Check.ge(0), exact], coerce=True),
        EVIDENCE: pa.Column(object, nullable=True, coerce=True),
        EXPLANATION: pa.Column(object, nullable=True, coerce=True),
    }
    return pa.DataFrameSchema(columns, checks=[within, supported])


def read_forms(inbox: Path, definition: Definition, engine: Engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read and validate every file; the scores, a row for each unit and leaf, and what is wrong with them."""
    leaves = {block: leaves_of(criteria) for block, criteria in definition.criteria.items()}
    schemas = {block: form_schema(decimals) for block, decimals in definition.input_decimals.items()}
    columns = [CODE, SCORE, EVIDENCE, EXPLANATION]
    forms, failures = [], [pd.DataFrame()]
    for path in sorted(inbox.glob("*.xlsx")):
        block = str(definition.units.loc[path.stem, "Khối"])
        form = pd.read_excel(path, sheet_name=FORM, header=HEADER, usecols=columns, dtype={CODE: str}, engine=engine)
        form = form.merge(leaves[block], "right", on=CODE)
        try:
            form = schemas[block].validate(form, lazy=True)
        except pa.errors.SchemaErrors as failed:
            failures.append(failed.failure_cases.assign(unit=path.stem))
        forms.append(form.assign(unit=path.stem))
    return pd.concat(forms), pd.concat(failures)


def lineage(criteria: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Each leaf of a block with every criterion that its score counts for, itself among them."""
    parents = criteria.set_index(CODE)["Mã cấp trên"]
    for leaf in leaves_of(criteria)[CODE]:
        criterion = leaf
        while pd.notna(criterion):
            yield leaf, criterion
            criterion = parents[criterion]


def published(forms: pd.DataFrame, criteria: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The points of the units of a block on every criterion, rounded half up."""
    counted = pd.DataFrame(lineage(criteria), columns=[CODE, "criterion"])
    sums = forms.merge(counted, on=CODE).pivot_table(SCORE, "unit", "criterion", "sum")
    scale = 10**decimals
    rounded: pd.DataFrame = np.floor((sums * scale).round(NOISE) + 0.5) / scale
    return rounded


def annex(points: pd.DataFrame, criteria: pd.DataFrame, ranked: str, names: pd.Series) -> pd.DataFrame:
    """A table of the annex: the parts of a criterion, its points and ranks, best first, ties in register order."""
    parts = criteria[criteria["Mã cấp trên"] == ranked].set_index(CODE)["Tên tiêu chí"]
    table = points[parts.index].rename(columns=parts.to_dict())
    table.insert(0, "Đơn vị", names.reindex(points.index))
    table["Tổng điểm"] = points[ranked]
    table["Xếp hạng"] = points[ranked].rank(ascending=False, method="dense").astype(int)
    return table.sort_values("Xếp hạng", kind="stable")


def report(folder: Path, engine: Engine, out: Path) -> None:
    """Read a round, and write its annex tables, all scores, and what is wrong with them."""
    definition = read_definition(folder / "dot-danh-gia.xlsx", engine)
    forms, failures = read_forms(folder / "bai-nop", definition, engine)
    names = definition.units["Tên in trong biểu"]
    with pd.ExcelWriter(out) as workbook:
        for block, criteria in definition.criteria.items():
            units = definition.units.index[definition.units["Khối"] == block]
            of_block = forms[forms["unit"].isin(units)]
            points = published(of_block, criteria, definition.decimals[block]).reindex(units)
            tables = definition.tables[block]
            for sheet, ranked in zip(tables["Mã biểu"], tables["Tiêu chí xếp hạng"], strict=True):
                annex(points, criteria, ranked, names).to_excel(workbook, sheet_name=sheet, index=False)
            scores = of_block.pivot_table(SCORE, "unit", CODE, sort=False)
            scores.to_excel(workbook, sheet_name=f"Điểm {block}")
        failures.to_excel(workbook, sheet_name="Lỗi", index=False)


if __name__ == "__main__":
    round_folder, reader, result = sys.argv[1:]
    if reader not in get_args(Engine):
        raise SystemExit(f"the engine is one of {get_args(Engine)}")
    report(Path(round_folder), cast("Engine", reader), Path(result))
