"""From records to figures: validation, exact sums, the one rounding, ranks."""
