"""Read any sheet with an XML parser: the way for what is written in an unusual one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cqdt_batch.intake.formats import unescaped
from cqdt_batch.intake.written import (
    Frame,
    WrittenCell,
    WrittenRow,
    area_of,
    array_of,
    is_hidden,
    is_true,
    place_of,
    seen,
)

_LAST_COLUMN = 16_384
_RAISED = frozenset({"vertAlign", "strike", "dstrike"})


def walked(root: Any) -> tuple[Frame, Iterator[WrittenRow]]:
    """Read a sheet that was parsed."""
    tag = namespace_of(root)
    return frame_of(root, tag), _rows_below(root, tag)


def namespace_of(root: Any) -> str:
    """What all tags of a sheet begin with; ValueError where it is no worksheet."""
    tag: str = root.tag
    if not tag.endswith("worksheet"):
        raise ValueError(f"no worksheet: {tag}")
    return tag.removesuffix("worksheet")


def frame_of(root: Any, tag: str) -> Frame:
    """What a sheet says around its rows; its tags begin with `tag`."""
    merged = tuple(area_of(one.attrib["ref"]) for one in root.iterfind(f"{tag}mergeCells/{tag}mergeCell"))
    return Frame(merged, frozenset(_hidden_columns(root.iterfind(f"{tag}cols/{tag}col"))))


def _rows_below(root: Any, tag: str) -> Iterator[WrittenRow]:
    last = 0
    for row in root.iterfind(f"{tag}sheetData/{tag}row"):
        last = int(row.get("r", last + 1))
        yield WrittenRow(last, is_hidden(row.attrib), _cells_below(row, last, tag))


def _cells_below(row: Any, number: int, tag: str) -> Iterator[WrittenCell]:
    last = 0
    for cell in row.iterfind(f"{tag}c"):
        reference = cell.get("r")
        at, last = (number, last + 1) if reference is None else place_of(reference)
        opened = WrittenCell(at, last, last, cell.get("t", "n"), cell.get("s", "0"))
        yield _with_content(opened, cell, tag) if len(cell) else opened


def _with_content(opened: WrittenCell, cell: Any, tag: str) -> WrittenCell:
    found = {child.tag: child for child in cell}
    if len(found) < len(cell):
        raise ValueError(f"something twice in cell {cell.get('r')}")
    shown, formula, inline = (found.get(f"{tag}{name}") for name in ("v", "f", "is"))
    return opened._replace(
        shown=plain_text(shown) if shown is not None else None,
        inline=seen(text_of(inline)) if inline is not None else None,
        formula=plain_text(formula) if formula is not None else None,
        array=array_of({} if formula is None else formula.attrib),
    )


def _hidden_columns(columns: Iterable[Any]) -> Iterator[int]:
    for column in columns:
        if is_true(column.get("hidden")) or float(column.get("width", "9")) == 0:
            yield from range(max(1, int(column.attrib["min"])), min(int(column.attrib["max"]), _LAST_COLUMN) + 1)


def plain_text(element: Any) -> str:
    """The text of an element that holds nothing else; ValueError where markup stands in it."""
    if len(element):
        raise ValueError(f"markup in {element.tag}")
    return element.text or ""


def text_of(item: Any) -> str:
    """A string that may be cut into runs; the phonetic reading beside it is no part of it.

    Digits of which some are raised or struck out are no number: 2 with a small 1 is not 21.
    """
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return unescaped(plain_text(item[0]))
    pieces: list[str] = []
    is_raised = False
    for child in item:
        match local(child.tag):
            case "t":
                pieces.append(plain_text(child))
            case "r":
                pieces += [plain_text(t) for t in child if local(t.tag) == "t"]
                is_raised = is_raised or any(local(look.tag) in _RAISED for p in child for look in p)
    text = unescaped("".join(pieces))
    is_number_like = is_raised and any(map(str.isdigit, text))
    return "^" + "^".join(pieces) if is_number_like else text


def local(tag: str) -> str:
    """The name of an element without that of its namespace."""
    return tag.rpartition("}")[2]
