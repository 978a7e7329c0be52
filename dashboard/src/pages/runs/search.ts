import type { RunSearch, StateType } from "../../api/runs";

/** A choice of states by the words people use. */
export const STATE_CHOICES: { id: string; words: string; states: StateType[]; late?: boolean }[] = [
  { id: "any", words: "Any state", states: [] },
  { id: "waiting", words: "Waiting", states: ["SCHEDULED"] },
  { id: "late", words: "Late", states: ["SCHEDULED"], late: true },
  { id: "active", words: "Under way", states: ["PENDING", "RUNNING", "CANCELLING"] },
  { id: "paused", words: "Paused", states: ["PAUSED"] },
  { id: "completed", words: "Completed", states: ["COMPLETED"] },
  { id: "failed", words: "Failed or crashed", states: ["FAILED", "CRASHED"] },
  { id: "cancelled", words: "Cancelled", states: ["CANCELLED"] },
];

export const TIME_CHOICES = [
  { id: "0", words: "Any time" },
  { id: "1", words: "Last hour" },
  { id: "24", words: "Last 24 hours" },
  { id: "168", words: "Last 7 days" },
];

/** What the address of the page says: every filter is part of it, so that it can be shared. */
export interface RunsAddress {
  state?: string;
  text?: string;
  pool?: string;
  queue?: string;
  deployment?: string;
  hours?: number;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function parseAddress(found: Record<string, unknown>): RunsAddress {
  const hours = Number(found.hours);
  return {
    state: STATE_CHOICES.find((choice) => choice.id === found.state)?.id,
    text: text(found.text),
    pool: text(found.pool),
    queue: text(found.queue),
    deployment: text(found.deployment),
    hours: TIME_CHOICES.some((choice) => choice.id === String(hours)) && hours > 0 ? hours : undefined,
  };
}

export function searchOf(address: RunsAddress): RunSearch {
  const choice = STATE_CHOICES.find((one) => one.id === address.state);
  const { text: words, pool, queue, deployment, hours } = address;
  return { states: choice?.states, late: choice?.late, text: words, pool, queue, deployment, hours };
}

/** Say what a search is about, for the question before a bulk change. */
export function searchWords(address: RunsAddress): string {
  const state = STATE_CHOICES.find((one) => one.id === address.state && one.id !== "any");
  const time = TIME_CHOICES.find((one) => one.id === String(address.hours ?? 0) && one.id !== "0");
  const parts = [
    state && state.words.toLowerCase(),
    address.text && `with “${address.text}” in the name`,
    address.pool && `of pool ${address.pool}`,
    address.queue && `in queue ${address.queue}`,
    address.deployment && "of one deployment",
    time && `of the ${time.words.toLowerCase()}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "of all pools, in any state";
}
