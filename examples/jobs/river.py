"""Jobs over the bundled gauge readings. Standard library only; what they print becomes the run's log."""

import csv
import itertools
import statistics as stats
import time
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data" / "river_gauges.csv"


def read_levels(station: str) -> list[tuple[str, float]]:
    """Return (time, level) of one station in time order; impossible readings are left out."""
    with DATA.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["station"] == station]
    if not rows:
        raise ValueError(f"There are no readings of a station named '{station}'.")
    return [(row["time"], float(row["level_cm"])) for row in rows if float(row["level_cm"]) > 0]


def statistics(station: str = "Oakford") -> None:
    """Print mean, spread and extremes of one station."""
    readings = read_levels(station)
    levels = [level for _, level in readings]
    peak_time, peak = max(readings, key=lambda reading: reading[1])
    deciles = stats.quantiles(levels, n=10)
    print(f"{station}: {len(levels)} readings")
    print(f"mean {stats.fmean(levels):.1f} cm, median {stats.median(levels):.1f} cm")
    print(f"standard deviation {stats.stdev(levels):.1f} cm")
    print(f"lowest tenth below {deciles[0]:.1f} cm, highest tenth above {deciles[-1]:.1f} cm")
    print(f"peak {peak:.1f} cm at {peak_time}")


def outliers(station: str = "Oakford", threshold: float = 12.0) -> None:
    """Print the readings that stand far off the median of the five readings around them."""
    readings = read_levels(station)
    levels = [level for _, level in readings]
    changes = [abs(after - before) for before, after in itertools.pairwise(levels)]
    typical = stats.median(changes)
    found = 0
    for index in range(2, len(readings) - 2):
        expected = stats.median(levels[index - 2 : index + 3])
        score = abs(levels[index] - expected) / typical
        if score >= threshold:
            found += 1
            print(f"{readings[index][0]}: {levels[index]:.1f} cm, around {expected:.1f} cm ({score:.0f}x)")
    print(f"{station}: {found} outlier(s), typical hourly change {typical:.2f} cm")


def rating_curve(station: str = "Oakford", steps: int = 5, pause_seconds: float = 0.3) -> None:
    """Fit level against flow, one slice of the readings after the other, and log each step."""
    with DATA.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["station"] == station]
    pairs = [(float(row["level_cm"]), float(row["flow_m3s"])) for row in rows if float(row["level_cm"]) > 0]
    for step in range(1, steps + 1):
        seen = pairs[: max(2, len(pairs) * step // steps)]
        slope, intercept = stats.linear_regression(*zip(*seen, strict=True))
        formula = f"flow = {slope:.3f} x level {intercept:+.2f}"
        print(f"step {step}/{steps}: {len(seen)} readings, {formula}", flush=True)
        time.sleep(pause_seconds)
    print(f"{station}: fitted")
