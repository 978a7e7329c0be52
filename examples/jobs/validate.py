"""Checks every row of a readings file; at the first bad one: the reason on stderr and exit code 3."""

import csv
import sys
from pathlib import Path

HIGHEST_LEVEL_CM = 1500.0


def fault_of(row: dict[str, str]) -> str | None:
    try:
        level, flow = float(row["level_cm"]), float(row["flow_m3s"])
    except ValueError:
        return "level or flow is not a number"
    if not 0 <= level <= HIGHEST_LEVEL_CM:
        return f"level {level:g} cm is outside 0..{HIGHEST_LEVEL_CM:g}"
    return "flow is negative" if flow < 0 else None


def main(path: str) -> int:
    with Path(path).open(encoding="utf-8") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            if fault := fault_of(row):
                print(f"{path}, line {line} ({row['station']}, {row['time']}): {fault}", file=sys.stderr)
                return 3
    print(f"{path}: every row is sound")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
