"""``python -m skmirai``: the ``skmirai`` command."""

from skmirai.cli import main

if __name__ == "__main__":
    main()
