"""The rows of a summary of grades: how many units of a section have which grade, and their share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cqdt_batch.definition.records import Column, ColumnKind, Grade
from cqdt_batch.publishing.annex.figures import TableFigures, share
from cqdt_batch.publishing.annex.ranks import RanksSheet
from cqdt_batch.publishing.sheets import Cell, Computed, Style, Value, address
from cqdt_batch.scoring.ranking import RankedSection


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The summary of one table; `ranks` has the grades that are counted."""

    figures: TableFigures
    ranks: RanksSheet

    @property
    def _grades(self) -> tuple[Grade, ...]:
        return self.figures.figures.assessment.grades_of(self.figures.ranked.table.block)

    def rows(self, number: int, section: RankedSection, first: int, looks: tuple[Style, ...]) -> Iterator[Cell]:
        """A row a grade with the number of its units and their share, and below them the sum."""
        counts = _counts(section)
        grades, words = self._grades, self.figures.working.words
        labels = [*(grade.label for grade in grades), *([words("annex.no_grade")] if counts[""] else [])]
        last = first + len(labels)
        for place, label in enumerate([*labels, words("annex.total")]):
            row = first + place
            is_sum = row == last
            count = sum(counts.values()) if is_sum else counts[label if place < len(grades) else ""]
            for position, column in enumerate(self.figures.columns, 1):
                style = replace(looks[position - 1], bold=is_sum)
                value = self._counted(column, label, place, count)
                if column.kind is ColumnKind.COUNT and section.standings:
                    value = Computed(self._count_formula(number, row, first, position, is_sum=is_sum), count)
                elif column.kind is ColumnKind.SHARE:
                    value = self._share(column, count, sum(counts.values()), row, last)
                shown = "" if is_sum and column.kind is ColumnKind.NUMBER else value
                leads = section.standings and column.kind in (ColumnKind.COUNT, ColumnKind.SHARE)
                jump = self.ranks.counted(self.figures.ranked, number) if leads else None
                yield Cell(row, position, shown, style, jump=jump)

    def _counted(self, column: Column, label: str, place: int, count: int) -> Value:
        match column.kind:
            case ColumnKind.NUMBER:
                return place + 1
            case ColumnKind.GRADE:
                return label
        return count

    def _count_formula(self, number: int, row: int, first: int, position: int, *, is_sum: bool) -> str:
        if is_sum:
            return f"=SUM({address(first, position)}:{address(row - 1, position)})"
        has_no_grade = row - first >= len(self._grades)
        label = '""' if has_no_grade else address(row, self.figures.position(ColumnKind.GRADE) or 0)
        return f"=SUMPRODUCT(--({self.ranks.grades(self.figures.ranked, number)}={label}))"

    def _share(self, column: Column, count: int, total: int, row: int, last: int) -> Value:
        if not total:
            return None
        decimals, position = self.figures.figures.decimals(column), self.figures.position(ColumnKind.COUNT) or 0
        formula = f"=ROUND({address(row, position)}*100/{address(last, position)},{decimals})"
        return Computed(formula, share(count, total, decimals))

    def shares_miss(self, column: Column) -> bool:
        """Tell whether the rounded shares of some section add up to something else than 100."""
        decimals = self.figures.figures.decimals(column)
        counted = (tuple(_counts(section).values()) for section in self.figures.ranked.sections if section.standings)
        return any(sum(share(count, sum(counts), decimals) for count in counts) != _WHOLE for counts in counted)


_WHOLE = 100


def _counts(section: RankedSection) -> Counter[str]:
    """How many units of a section have each grade; "" for those without."""
    return Counter(standing.grade.label if standing.grade else "" for standing in section.standings)
