import { cronWords } from "./cronWords";
import { listWords } from "./lists";
import { rruleWords } from "./rruleWords";

/** A schedule as it is stored: one of interval, cron and rrule, with what belongs to it. */
export type StoredSchedule = Record<string, unknown>;

const UNITS: [string, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

function intervalWords(seconds: number): string {
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = unit === "second" ? Math.round(left * 1000) / 1000 : Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  const [one] = parts;
  return parts.length === 1 && one?.startsWith("1 ") ? `every ${one.slice(2)}` : `every ${listWords(parts)}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Say when a schedule is due, and what was written to say so. */
export function scheduleWords(schedule: StoredSchedule): { words: string; written: string } {
  if (typeof schedule.interval === "number") {
    const anchor = text(schedule.anchor_date);
    return { words: intervalWords(schedule.interval), written: anchor && `from ${anchor.replace(/\.0+Z$/, "Z")} on` };
  }
  if (typeof schedule.cron === "string") {
    const words = cronWords(schedule.cron, schedule.day_or !== false);
    return { words: words ?? "by a cron expression", written: schedule.cron };
  }
  const rule = text(schedule.rrule);
  return { words: rruleWords(rule) ?? "by recurrence rules", written: rule };
}
