"""Drive LibreOffice headless: every call runs one Basic macro in a throw-away user profile.

The workbook is opened as a copy, so neither it nor its folder is written to, and calls may run in parallel.
A file already in `folder` under the new name is replaced, unless it is the workbook itself.
"""

import math
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

SOFFICE: str | None = shutil.which("soffice") or shutil.which("libreoffice")

_TIMEOUT = 120  # seconds
_FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "xls": "MS Excel 97", "ods": "calc8", "pdf": "calc_pdf_Export"}

# Without ooSetupInstCompleted the first start would overwrite the macro with LibreOffice's empty presets.
_SETTINGS = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/Office">
<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop>
</item>
{}</oor:items>
"""

_ALWAYS_RECALCULATE = """\
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
"""

_LIBRARIES = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library">
<library:library library:name="Standard" library:link="false"/>
</library:libraries>
"""

_LIBRARY = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard">
<library:element library:name="Module1"/>
</library:library>
"""

_MODULE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">{}</script:module>
"""

# Between the fields of a request: source, filter, target, sheet, then address, kind and value of each cell.
_SEPARATOR = "\x1f"

# An error the macro does not handle would show a dialog and hang, hence the report file. The API ignores
# protection and merged areas, hence the check in TypeIn. Refuse is a Sub because Error (70 is "Access
# denied") does nothing inside an If.
_MACRO = """\
Dim action As String

Sub Main
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim saved(0) As New com.sun.star.beans.PropertyValue
  Dim i As Long
  On Error GoTo Failed
  action = "read the request"
  request = ReadRequest(ConvertToURL(Environ("CQDT_PLACE") & "/request"))
  action = "open the workbook"
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(request(0), "_blank", 0, hidden)
  sheets = document.Sheets
  If UBound(request) >= 3 Then
    action = "find the sheet " & request(3)
    sheet = sheets.getByName(request(3))
    For i = 4 To UBound(request) Step 3
      action = "type in " & request(3) & "." & request(i)
      TypeIn(sheet, request(i), request(i + 1), request(i + 2))
    Next i
  End If
  action = "save the workbook"
  saved(0).Name = "FilterName"
  saved(0).Value = request(1)
  document.storeToURL(request(2), saved)
  document.close(True)
  Exit Sub
Failed:
  Open Environ("CQDT_PLACE") & "/report" For Output As #1
  Print #1, "cannot " & action & ": " & Error$
  Close #1
  StarDesktop.terminate()
End Sub

Function ReadRequest(url)
  files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
  reader = CreateUnoService("com.sun.star.io.TextInputStream")
  reader.setInputStream(files.openFileRead(url))
  reader.setEncoding("UTF-8")
  ReadRequest = Split(reader.readString(Array(), False), Chr(31))
  reader.closeInput()
End Function

Sub TypeIn(sheet, address, kind, value)
  cell = sheet.getCellRangeByName(address)
  area = sheet.createCursorByRange(cell)
  area.collapseToMergedArea()
  first = area.getCellByPosition(0, 0).AbsoluteName
  If first <> cell.AbsoluteName Or (sheet.isProtected() And cell.CellProtection.IsLocked) Then Refuse
  If kind = "number" Then cell.setValue(Val(value)) Else cell.setString(value)
End Sub

Sub Refuse
  Error 70
End Sub
"""


def recalculated(workbook: Path, folder: Path) -> Path:
    """Save the xlsx as xlsx in `folder` with every formula recalculated, its cached values ignored."""
    return _saved(workbook, folder, "xlsx", settings=_ALWAYS_RECALCULATE)


def all_recalculated(workbooks: Sequence[Path], folder: Path) -> None:
    """Save many xlsx in `folder` under their own names with every formula recalculated, in one run of LibreOffice."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Path(name)
        _write_profile(place / "profile", _ALWAYS_RECALCULATE)
        output = _run(place, ["--convert-to", "xlsx", "--outdir", str(folder), *map(str, workbooks)])
    missing = [workbook.name for workbook in workbooks if not (folder / workbook.name).exists()]
    if missing:
        raise RuntimeError(f"LibreOffice did not save {missing}:\n{output}")


def filled(form: Path, cells: Mapping[str, float | str], folder: Path, sheet: str, suffix: str = "xlsx") -> Path:
    """Type the values, keyed by A1 address, into the sheet and save the form in `folder` as xlsx, xls or ods.

    Raise RuntimeError for a cell a user could not type in: missing, locked, or hidden in a merged area.
    Data validation is not applied, and strings are never read as numbers or formulas.
    """
    return _saved(form, folder, suffix, [sheet, *(field for cell in cells.items() for field in _fields(*cell))])


def pdf(workbook: Path, folder: Path) -> Path:
    """Print the workbook to a PDF in `folder`, with the cached values where the file has them."""
    return _saved(workbook, folder, "pdf")


def _fields(address: str, value: float | str) -> tuple[str, str, str]:
    """Describe one cell in the request."""
    if isinstance(value, str):
        if _SEPARATOR in value:
            raise ValueError(f"{value!r} cannot be typed into a cell")
        return address, "text", value
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be typed into a cell")
    return address, "number", repr(float(value))


def _saved(workbook: Path, folder: Path, suffix: str, entries: Sequence[str] = (), settings: str = "") -> Path:
    """Run the macro on a copy of the workbook and deliver what it saves to `folder`, under the same stem."""
    target = folder / f"{workbook.stem}.{suffix}"
    if target.resolve() == workbook.resolve():
        raise ValueError(f"{workbook} would be overwritten")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Path(name)
        source, made, report = place / "in" / workbook.name, place / "out" / target.name, place / "report"
        source.parent.mkdir()
        made.parent.mkdir()
        shutil.copyfile(workbook, source)
        request = [source.as_uri(), _FILTERS[suffix], made.as_uri(), *entries]
        (place / "request").write_bytes(_SEPARATOR.join(request).encode())
        _write_profile(place / "profile", settings)
        output = _run(place)
        if report.exists() or not made.exists():
            reason = report.read_text("utf-8") if report.exists() else "nothing was saved"
            raise RuntimeError(f"LibreOffice on {workbook}: {reason}\n{output}")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)
    return target


def _write_profile(profile: Path, settings: str) -> None:
    """Lay out a user profile that holds the macro."""
    basic = profile / "user" / "basic"
    library = basic / "Standard"
    library.mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS.format(settings), "utf-8")
    (basic / "script.xlc").write_text(_LIBRARIES, "utf-8")
    (library / "script.xlb").write_text(_LIBRARY, "utf-8")
    (library / "Module1.xba").write_text(_MODULE.format(escape(_MACRO)), "utf-8")


def _run(place: Path, arguments: Sequence[str] = ("macro:///Standard.Module1.Main",)) -> str:
    """Run LibreOffice with the profile in `place`, its macro unless told otherwise, and return what it printed.

    On a timeout the whole process group is killed: soffice is a script whose child would live on.
    """
    if SOFFICE is None:
        raise RuntimeError("LibreOffice is not installed")
    command = [
        SOFFICE,
        f"-env:UserInstallation={(place / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nologo",
        *arguments,
    ]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(place), "CQDT_PLACE": str(place)},
        start_new_session=True,
    ) as process:
        try:
            output = process.communicate(timeout=_TIMEOUT)[0].decode(errors="replace")
        except BaseException as stop:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(stop, subprocess.TimeoutExpired):
                raise RuntimeError(f"LibreOffice took over {_TIMEOUT} s: {stop.output!r}") from stop  # noqa: TRY004
            raise
    if process.returncode:
        raise RuntimeError(f"LibreOffice failed with status {process.returncode}: {output}")
    return output
