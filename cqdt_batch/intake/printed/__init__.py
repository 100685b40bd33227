"""Tables that somebody printed, read back: their columns by their headers, their rows by the names of units."""
