"""Put the tables and worked numbers of the small round into docs/huong-dan-dinh-nghia.md and docs/define-your-round.md.

Run from the project's root: `make docs`. The guides are written by hand; between `<!-- made: NAME -->` and
`<!-- end -->` stands what the program itself makes of the round in `guide.toml`, so that no number is typed. The
definition of that round is written into docs/vi-du and docs/example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cqdt_batch.messages import Language
from docs import guide_points, guide_ranks, guide_sheets
from docs.guide_round import FOLDERS, HERE, GuideRound
from docs.make_reference import Reference

GUIDES = {Language.VI: HERE / "huong-dan-dinh-nghia.md", Language.EN: HERE / "define-your-round.md"}
MADE = re.compile(r"<!-- made: (?P<name>[\w ]+) -->.*?<!-- end -->", re.DOTALL)


def kinds(of: GuideRound) -> Iterator[str]:
    """The kinds of columns, as in the reference."""
    return Reference(language=of.language).kinds()


MAKERS: Mapping[str, Callable[..., Iterator[str]]] = {
    "sheet": guide_sheets.sheet,
    "kinds": kinds,
    "rule": guide_points.rule,
    "zero": guide_points.zero,
    "aggregations": guide_points.aggregations,
    "treatments": guide_ranks.treatments,
    "ties": guide_ranks.ties,
    "grading": guide_ranks.grading,
    "past": guide_ranks.past,
    "annex": guide_sheets.annex,
    "placeholders": guide_sheets.placeholders,
    "limits": guide_sheets.limits,
    "mistakes": guide_sheets.mistakes,
    "diff": guide_sheets.diff,
}
"""What can be made: the first word of a mark; the words behind it say of what."""


def main() -> None:
    """Fill both guides and write the definitions of their rounds."""
    for language, path in GUIDES.items():
        of = GuideRound(language=language)
        path.write_text(guide(of), encoding="utf-8", newline="\n")
        FOLDERS[language].path.mkdir(exist_ok=True)
        of.define(FOLDERS[language])


def guide(of: GuideRound) -> str:
    """A guide as it stands, with all that is made in it made anew."""

    def made(mark: re.Match[str]) -> str:
        what, *of_what = mark["name"].split()
        lines = "\n".join(MAKERS[what](of, *of_what))
        return f"<!-- made: {mark['name']} -->\n\n{lines}\n\n<!-- end -->"

    return MADE.sub(made, GUIDES[of.language].read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
