"""``skmirai`` and ``python -m skmirai``: the command, if the extra ``cli`` is there."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command, or say what it needs; the version is told in any case."""
    if find_spec("typer") is not None:
        from skmirai.cli import main as run

        run()
    elif sys.argv[1:] == ["--version"]:
        from importlib.metadata import version

        print(f"skmirai {version('skmirai')}")
    else:
        print(
            "skmirai: the command needs typer: pip install 'skmirai[cli]'",
            file=sys.stderr,
        )
        raise SystemExit(1)


if __name__ == "__main__":
    main()
