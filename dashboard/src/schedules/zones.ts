/** A moment at which a schedule is due, with how far the clock of its zone is from UTC then. */
export interface Start {
  at: string;
  utc_offset_seconds: number;
}

const MINUTE = 60;

/** The name of the viewer's zone. */
export function viewerZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** How many seconds the viewer's clock is ahead of UTC at a moment. */
export function viewerOffset(at: string): number {
  return -new Date(at).getTimezoneOffset() * MINUTE;
}

/** Say what a clock shows at a moment that is so many seconds ahead of UTC. */
export function wallClock(at: string, offsetSeconds: number): string {
  const shown = new Date(Date.parse(at) + offsetSeconds * 1000);
  const seconds = shown.getUTCSeconds() === 0 ? {} : { second: "2-digit" as const };
  return shown.toLocaleString(undefined, {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...seconds,
  });
}

function spanWords(seconds: number): string {
  const minutes = Math.abs(seconds) / MINUTE;
  const hours = Math.floor(minutes / MINUTE);
  const rest = Math.round(minutes % MINUTE);
  return [hours > 0 && `${hours} h`, rest > 0 && `${rest} min`].filter(Boolean).join(" ");
}

/**
 * Say for each offset, in the order of time, how the clock has changed since the one before; undefined
 * where it has not. ``now`` is the offset that the first one is compared with.
 */
export function clockChanges(offsets: number[], now: number): (string | undefined)[] {
  return offsets.map((offset, index) => {
    const change = offset - (offsets[index - 1] ?? now);
    if (change === 0) return undefined;
    return change > 0 ? `clock ${spanWords(change)} forward` : `clock ${spanWords(change)} back`;
  });
}
