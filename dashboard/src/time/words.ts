const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
];

/** Say a number of seconds in at most two units: 4 s, 2m 5s, 3h 12m, 2d 4h. */
export function durationWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return seconds > 0 && seconds < 10 && whole !== seconds ? `${seconds.toFixed(1)}s` : `${whole}s`;
  for (const [index, [unit, size]] of UNITS.entries()) {
    if (whole < size) continue;
    const next = UNITS[index + 1] ?? ["s", 1];
    const rest = Math.floor((whole % size) / next[1]);
    return `${Math.floor(whole / size)}${unit}${rest > 0 ? ` ${rest}${next[0]}` : ""}`;
  }
  return `${whole}s`;
}

/** Say how long ago, or in how long, a moment is. */
export function agoWords(moment: string, now: number): string {
  const seconds = Math.round((now - Date.parse(moment)) / 1000);
  if (Math.abs(seconds) < 2) return "now";
  return seconds > 0 ? `${durationWords(seconds)} ago` : `in ${durationWords(-seconds)}`;
}

export function momentWords(moment: string, zone?: string): string {
  return new Date(moment).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "medium",
    ...(zone === undefined ? {} : { timeZone: zone }),
  });
}

/** The time of day; with seconds where minutes would all be the same. */
export function clockWords(milliseconds: number, withSeconds = false): string {
  const seconds = withSeconds ? { second: "2-digit" as const } : {};
  return new Date(milliseconds).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", ...seconds });
}
