"""The seal of a run, and what differs from it in a rerun."""
