"""The annex: tables as the decision prints them, and behind them the sheets that prove every figure."""
