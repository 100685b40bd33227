"""From files to records: listing the inbox, reading workbooks, recognising forms, converting cells once."""
