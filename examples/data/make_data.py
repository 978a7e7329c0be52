"""Writes river_gauges.csv: four days of hourly readings from four gauges, the same bytes every time.

The readings carry a daily swing, a flood wave that runs downstream, three stuck or jumping sensors
(found by ``jobs/river.py:outliers``) and one impossible row (found by ``jobs/validate.py``).
"""

import csv
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2024, 3, 11, tzinfo=UTC)
HOURS = 96
STATIONS = {
    "Oakford": (142.0, 20),
    "Millbrook": (188.0, 26),
    "Stonebridge": (231.0, 33),
    "Lakehead": (305.0, 42),
}
JUMPS = {("Millbrook", 17): 96.0, ("Stonebridge", 58): -88.0, ("Oakford", 80): 120.0}
BAD_ROW = ("Lakehead", 71)


def level_cm(station: str, hour: int, noise: random.Random) -> float:
    base, wave_hour = STATIONS[station]
    swing = 4.0 * math.sin(2 * math.pi * hour / 24)
    wave = 110.0 * math.exp(-(((hour - wave_hour) / 9.0) ** 2))
    return base + swing + wave + noise.gauss(0, 1.2) + JUMPS.get((station, hour), 0.0)


def main() -> None:
    noise = random.Random(1913)
    with (Path(__file__).parent / "river_gauges.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time", "station", "level_cm", "flow_m3s"])
        for hour in range(HOURS):
            time = (START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%MZ")
            for station in STATIONS:
                level = level_cm(station, hour, noise)
                flow = 0.0009 * max(level - 60.0, 0.0) ** 2.1
                if (station, hour) == BAD_ROW:
                    level = -999.0
                writer.writerow([time, station, f"{level:.1f}", f"{flow:.2f}"])


if __name__ == "__main__":
    main()
