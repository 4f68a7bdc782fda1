"""The names in deploy/components. To import this module, put its folder into PYTHONPATH."""

from pathlib import Path

_ROWS = [line.split() for line in (Path(__file__).parent / "components").read_text().splitlines()]
# The flags of each component, by its name.
FLAGS = {row[0]: set(row[1:]) for row in _ROWS if row and row[0] != "#"}
COMPONENTS = list(FLAGS)


def with_flag(flag):
    """The components that have the flag."""
    return [name for name, flags in FLAGS.items() if flag in flags]
