"""What changed between two runs: each keeps its ledger, and two ledgers tell whose points and ranks moved, and why."""
