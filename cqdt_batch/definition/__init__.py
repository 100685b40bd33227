"""The assessment round as frozen records, read from its definition workbook and checked."""
