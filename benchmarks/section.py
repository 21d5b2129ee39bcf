"""One section in this process: ``python -m benchmarks.section NAME [--quick]``."""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    name, *options = sys.argv[1:]
    import_module(f"benchmarks.{name}").main(quick="--quick" in options)


if __name__ == "__main__":
    main()
