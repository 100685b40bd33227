"""Sheets as plain cells, then one writer: forms, annex, working sheets, check board, definition workbook."""
