"""The arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqdt_batch.messages import Language, Words

_VI = Words()

Folder = Annotated[Path, typer.Argument(help=_VI("cli.round_help"))]
FolderOrFile = Annotated[Path, typer.Argument(help=_VI("cli.round_or_file_help"))]
Lang = Annotated[Language, typer.Option("--lang", help=_VI("cli.lang_help"))]
Json = Annotated[bool, typer.Option("--json", help=_VI("cli.json_help"))]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_VI("cli.quiet_help"))]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=_VI("cli.verbose_help"))]
