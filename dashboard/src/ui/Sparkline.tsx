import { useEffect, useRef } from "react";
import uPlot from "uplot";

import "uplot/dist/uPlot.min.css";
import { useTheme } from "../shell/theme";

const HEIGHT = 44;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(width: number, count: number): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.72, 14], radius: 0.2 });
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    padding: [2, 0, 0, 0],
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false, range: [-0.6, count - 0.4] }, y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
    series: [{}, { fill: color("--accent"), stroke: color("--accent"), width: 0, ...(bars && { paths: bars }), points: { show: false } }],
  };
}

/** Counts of the last minutes as bars, the newest at the right. */
export function Sparkline({ counts, label }: { counts: (number | null)[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const data: uPlot.AlignedData = [counts.map((_, index) => index), counts];
    const plot = new uPlot(options(place.clientWidth, counts.length), data, place);
    const observer = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [counts, theme]);
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return <div ref={box} className="sparkline" role="img" aria-label={`${label}: ${total} in ${counts.length} minutes`} />;
}
