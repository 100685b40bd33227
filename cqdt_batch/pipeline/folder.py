"""Where everything of a round is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_RESULTS = "ket-qua"


@dataclass(frozen=True, slots=True)
class RoundFolder:
    """The folder of an assessment round and the names of what is in it.

    Results go `elsewhere` where a run is only tried.
    """

    path: Path
    name: str = "dot-danh-gia.xlsx"
    elsewhere: Path | None = None

    @property
    def definition(self) -> Path:
        """The definition workbook."""
        return self.path / self.name

    @property
    def inbox(self) -> Path:
        """The submitted forms, as they came."""
        return self.path / "bai-nop"

    @property
    def forms(self) -> Path:
        """The blank forms made for the round."""
        return self.path / "bieu-mau"

    @property
    def appraisal(self) -> Path:
        """The appraisers' workbooks, filled in."""
        return self.path / "tham-dinh"

    @property
    def appraisal_forms(self) -> Path:
        """The workbooks to hand out to the appraisers."""
        return self.path / "phieu-tham-dinh"

    @property
    def results(self) -> Path:
        """The folder of everything that a run writes."""
        return self.elsewhere or self.path / _RESULTS

    def named(self, result: Path) -> str:
        """The name of a result as seen from the round's folder, wherever it is written."""
        return f"{_RESULTS}/{result.relative_to(self.results).as_posix()}"

    @property
    def annex(self) -> Path:
        """The annex workbook."""
        return self.results / "phu-luc.xlsx"

    @property
    def feedback(self) -> Path:
        """The feedback forms, one for every unit with findings."""
        return self.results / "phan-hoi"

    @property
    def board(self) -> Path:
        """The check board."""
        return self.results / "kiem-tra.xlsx"

    @property
    def comparison(self) -> Path:
        """The workbook that compares the run with another."""
        return self.results / "so-sanh.xlsx"

    @property
    def previous(self) -> Path:
        """The seal of the result published before, if the officer put it here: the annex prints what changed since."""
        return self.path / "cong-bo-truoc.json"

    @property
    def journal(self) -> Path:
        """The seal: what ran, on which bytes, with which result."""
        return self.results / "nhat-ky.json"
