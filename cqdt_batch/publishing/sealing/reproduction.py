"""Hold a seal against a rerun: what is not as it was, from the cause to the cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from cqdt_batch.cells import as_fact
from cqdt_batch.findings import Fact, Finding, Term, Where, error, notice, warning
from cqdt_batch.publishing.journal import in_words, journal
from cqdt_batch.publishing.sealing.cells import EMPTY, definition_cells, first
from cqdt_batch.publishing.sealing.edits import edits, holds_the_same
from cqdt_batch.publishing.sealing.inputs import answer_changes, input_changes
from cqdt_batch.publishing.sealing.seal import Program, Seal, SealedDefinition, SealedOutput, digest

_NAMED = 5
"""So many files are named where many share one cause."""

_OTHERS_NAMED = 20
"""So many files that are no results are named."""


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """A round as it is now: its definition, the files that the seal names, and what a rerun drew, by usual name.

    `journal` and `comparison` are how the files of the seal and of a comparison are called, `others` are those that
    stand among the results and that the seal does not name. Where the definition has errors there is no rerun, and no
    new seal.
    """

    definition: SealedDefinition
    on_disk: Mapping[str, bytes]
    drawn: Mapping[str, bytes]
    seal: Seal | None = None
    journal: str = ""
    comparison: str = ""
    others: tuple[str, ...] = ()


def differences(sealed: Seal, rerun: Rerun) -> tuple[Finding, ...]:
    """Tell all that is not as it was sealed, causes first; nothing where the run is reproduced byte for byte."""
    return tuple(_Comparison(sealed=sealed, rerun=rerun).findings())


def is_reproduced(sealed: Seal, rerun: Rerun) -> bool:
    """Tell whether a rerun draws exactly the sealed files, and these stand where they stood."""
    drawn = {name: digest(data) for name, data in rerun.drawn.items()}
    on_disk = {name: digest(data) for name, data in rerun.on_disk.items()}
    is_drawn = drawn == {output.name: output.sha256 for output in sealed.outputs}
    return is_drawn and on_disk == {output.file: output.sha256 for output in sealed.outputs}


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """A seal beside a rerun."""

    sealed: Seal
    rerun: Rerun

    def findings(self) -> Iterator[Finding]:
        """Everything that differs, causes before what follows from them."""
        causes = tuple(chain(self._versions, self._definition, self._inputs))
        now = self.rerun.seal
        yield from causes
        if now is None:
            yield error("rerun_impossible", Where(file=self.rerun.definition.file))
        else:
            yield from answer_changes(self.sealed, now)
        yield from self._outputs()
        if now is not None and not causes:
            yield from _of_seals(self.sealed, now, self._journal)
        yield from self._others()

    @property
    def _journal(self) -> Where:
        return Where(file=self.rerun.journal)

    @cached_property
    def _versions(self) -> tuple[Finding, ...]:
        now = self.rerun.seal
        changes = tuple(_version_changes(self.sealed.program, now.program)) if now else ()
        return (warning("seal_versions_differ", self._journal, changes=changes),) if changes else ()

    @cached_property
    def _definition(self) -> tuple[Finding, ...]:
        before, now = self.sealed.definition, self.rerun.definition
        if before.sha256 == now.sha256:
            return ()
        where = Where(file=now.file)
        cells = tuple(definition_cells(before, now))
        if not now.sha256:
            return (error("sealed_definition_unreadable", where),)
        if not cells:
            return (error("sealed_definition_resaved", where),)
        return (error("sealed_definition_changed", where, count=len(cells)), *first(cells, where))

    @cached_property
    def _inputs(self) -> tuple[Finding, ...]:
        now = self.rerun.seal
        return tuple(input_changes(self.sealed.inputs, now.inputs)) if now else ()

    def _outputs(self) -> Iterator[Finding]:
        for output in self.sealed.outputs:
            yield from self._on_disk(output)
        if self.rerun.seal is not None:
            yield from self._drawn()

    def _on_disk(self, output: SealedOutput) -> Iterator[Finding]:
        """Hold a sealed file against the one that stands there."""
        where = Where(file=output.file)
        found, drawn = self.rerun.on_disk.get(output.file), self.rerun.drawn.get(output.name)
        if found is None:
            yield error("output_missing", where)
        elif digest(found) == output.sha256:
            return
        elif found == drawn:
            yield error("output_rewritten", where)
        elif drawn is None or digest(drawn) != output.sha256:
            yield error("output_changed", where)
        else:
            yield from edits(output.file, drawn, found)

    def _drawn(self) -> Iterator[Finding]:
        """Hold the sealed files against those that the rerun drew."""
        named = {output.name: output for output in self.sealed.outputs}
        repacked: list[str] = []
        other: list[str] = []
        for name, output in named.items():
            drawn = self.rerun.drawn.get(name)
            if drawn is None or digest(drawn) != output.sha256:
                (repacked if self._holds_the_same(output, drawn) else other).append(name)
        folder = Where(file=self._folder)
        if repacked:
            yield error("outputs_repacked", folder, names=_few(repacked), count=len(repacked))
        if other:
            yield error("outputs_not_reproduced", folder, names=_few(other), count=len(other), causes=self._causes())
        new = self._drawn_beyond
        if new:
            yield error("outputs_new", folder, names=_few(new), count=len(new))

    @property
    def _drawn_beyond(self) -> list[str]:
        """The files that the rerun draws and the sealed run did not."""
        sealed = {output.name for output in self.sealed.outputs}
        return [name for name in self.rerun.drawn if name not in sealed]

    @property
    def _folder(self) -> str:
        return self.sealed.outputs[0].file.partition("/")[0] if self.sealed.outputs else ""

    def _holds_the_same(self, output: SealedOutput, drawn: bytes | None) -> bool:
        """Tell whether a file drawn anew differs from the sealed one in its packing alone."""
        found = self.rerun.on_disk.get(output.file)
        if drawn is None or found is None or digest(found) != output.sha256:
            return False
        return holds_the_same(output.file, found, drawn)

    def _causes(self) -> tuple[Term, ...]:
        now = self.rerun.seal
        alone = {one.file for one in (*self.sealed.inputs, *(now.inputs if now else ())) if one.state is None}
        changed = tuple(finding.where.file for finding in self._inputs)
        known = (
            (Term("seal.cause.definition"), self._definition),
            (Term("seal.cause.inputs"), [file for file in changed if file not in alone]),
            *((Term("seal.cause.file", (("file", file),)), [file]) for file in changed if file in alone),
            (Term("seal.cause.versions"), self._versions),
        )
        found = tuple(term for term, grounds in known if grounds)
        return found or (Term("seal.cause.unknown"),)

    def _others(self) -> Iterator[Finding]:
        """Files among the results that are none of them; the program itself leaves some.

        Those that the rerun draws beyond the sealed ones are told by themselves.
        """
        folder = Where(file=self._folder)
        others = [name for name in self.rerun.others if name not in self._drawn_beyond]
        compared = [name for name in others if name == self.rerun.comparison]
        kept = [name for name in others if self._is_ours(name)]
        unknown = [name for name in others if name not in (*compared, *kept)]
        if unknown:
            yield notice("outputs_unknown", folder, names=_few(unknown, _OTHERS_NAMED), count=len(unknown))
        if kept:
            yield notice("outputs_kept", folder, names=_few(kept, _OTHERS_NAMED), count=len(kept))
        if compared:
            yield notice("outputs_compared", folder, names=tuple(compared))

    def _is_ours(self, name: str) -> bool:
        """Tell whether the program keeps a file that it may not replace under such a name."""
        return bool(_DATED.search(name)) or any(name == output.stands_for for output in self.sealed.outputs)


_DATED = re.compile(r"-[0-9]{8}-[0-9]{6}\.[^./]+$")
"""What the program puts into the name of a file that it may not replace."""


def _few(names: list[str], most: int = _NAMED) -> tuple[str, ...]:
    return (*names[:most], "…") if len(names) > most else tuple(names)


def _version_changes(before: Program, now: Program) -> Iterator[Term]:
    names = dict.fromkeys((*before.libraries, *now.libraries))
    changed = ((name, before.libraries.get(name, "–"), now.libraries.get(name, "–")) for name in names)
    for name, old, new in (("cqdt_batch", before.version, now.version), *changed):
        if old != new:
            yield Term("seal.version_change", (("name", name), ("before", old), ("now", new)))
    if before.sha256 != now.sha256:
        yield Term("seal.program_changed")


def _of_seals(sealed: Seal, now: Seal, where: Where) -> Iterator[Finding]:
    """Where nothing else differs, say what the seal itself says otherwise; its outputs are told of as files."""
    before, after = ({**journal(seal), "outputs": (), "checksum": ""} for seal in (sealed, now))
    found = tuple(_value_changes(before, after, ()))
    for path, old, new in found[:_NAMED]:
        yield error("seal_differs", where, place=in_words(path), before=_value(old), now=_value(new))
    if len(found) > _NAMED:
        yield error("seal_differs_more", where, count=len(found) - _NAMED)


_NOTHING = object()


def _value_changes(
    before: Any, now: Any, path: tuple[int | str, ...]
) -> Iterator[tuple[tuple[int | str, ...], Any, Any]]:
    match before, now:
        case dict(), dict():
            for key in {**before, **now}:
                yield from _value_changes(before.get(key, _NOTHING), now.get(key, _NOTHING), (*path, key))
        case list(), list() if len(before) == len(now):
            for number, pair in enumerate(zip(before, now, strict=True), 1):
                yield from _value_changes(*pair, (*path, _name(pair[0], number)))
        case _ if before != now:
            yield path, before, now


def _name(item: Any, number: int) -> int | str:
    """How an item of a list is called in a path: by what it is about, or by its number."""
    if not isinstance(item, dict):
        return number
    return next((str(item[key]) for key in ("unit", "file", "code", "check") if key in item), number)


def _value(value: Any) -> Fact:
    return EMPTY if value is _NOTHING else as_fact(value if isinstance(value, str) else json.dumps(value))
