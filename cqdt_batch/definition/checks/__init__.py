"""The checks of a definition; `whole.check` runs them all in one pass."""
