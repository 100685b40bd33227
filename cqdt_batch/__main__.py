"""Run the commands: `cqdt`, or `python -m cqdt_batch`.

Every worker imports the main module again, and needs no command line: what there is to import is imported in here.
"""


def main() -> None:
    """Run the command line."""
    from cqdt_batch.cli import main as run

    run()


if __name__ == "__main__":
    main()
