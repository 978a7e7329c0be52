import type { Run } from "../../api/runs";

/** A run as two stretches of time in milliseconds: it waited from due to start, and ran until its end. */
export interface Bar {
  run: Run;
  due: number;
  start: number | null;
  end: number;
}

export interface QueueLanes {
  queue: string;
  lanes: Bar[][];
  /** Bars for which there was no room. */
  more: number;
}

export const MOST_LANES = 8;
const MOST_WAITING = 2;

function moment(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** Return the bar of a run within a window; null when it lies outside. */
export function barOf(run: Run, from: number, now: number): Bar | null {
  const start = moment(run.start_time);
  const due = moment(run.expected_start_time) ?? start;
  if (due === null) return null;
  const end = moment(run.end_time) ?? now;
  if (end < from || due > now) return null;
  const began = start === null ? null : Math.max(start, from);
  return { run, due: Math.max(Math.min(due, start ?? due), from), start: began, end: Math.max(end, began ?? from) };
}

/**
 * Return the bars by queue. Runs share a lane one after the other, so there are about as many lanes as
 * slots; what still waits comes below, and is only counted where it is much.
 */
export function lanesOf(runs: Run[], from: number, now: number): QueueLanes[] {
  const queues = new Map<string, Bar[]>();
  for (const run of runs) {
    const bar = barOf(run, from, now);
    const name = run.work_queue_name ?? "no queue";
    if (bar !== null) queues.set(name, [...(queues.get(name) ?? []), bar]);
  }
  const names = [...queues.keys()].sort((a, b) => a.localeCompare(b));
  return names.map((name) => lanesOfQueue(name, queues.get(name) ?? []));
}

function lanesOfQueue(queue: string, bars: Bar[]): QueueLanes {
  const lanes: Bar[][] = [];
  let more = 0;
  const started = bars.filter((bar) => bar.start !== null).sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  for (const bar of started) {
    const free = lanes.find((lane) => (lane.at(-1)?.end ?? 0) <= (bar.start ?? 0));
    if (free !== undefined) free.push(bar);
    else if (lanes.length < MOST_LANES) lanes.push([bar]);
    else more += 1;
  }
  const waiting = bars.filter((bar) => bar.start === null).sort((a, b) => a.due - b.due);
  const shown = waiting.slice(0, MOST_WAITING).map((bar) => [bar]);
  return { queue, lanes: [...lanes, ...shown], more: more + waiting.length - shown.length };
}
