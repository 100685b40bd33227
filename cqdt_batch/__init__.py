"""Score, rank and publish a province's e-government index from the Excel forms its units return."""

__version__ = "0.1.0"
