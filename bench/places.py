"""Where the benchmark finds the project and keeps what it makes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "bench"
