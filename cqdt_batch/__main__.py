"""Run the commands with `python -m cqdt_batch`."""

from cqdt_batch.cli import main

if __name__ == "__main__":
    main()
