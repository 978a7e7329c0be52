import type { EventFilter } from "../../api/events";

/** What events can be about, by the beginning of the ids of such resources. */
export const KINDS = [
  { id: "", words: "About anything" },
  { id: "flow-run", words: "About runs" },
  { id: "deployment", words: "About deployments" },
  { id: "work-pool", words: "About pools" },
  { id: "work-queue", words: "About queues" },
  { id: "flow", words: "About flows" },
  { id: "task-run", words: "About task runs" },
];

export const TIMES = [
  { id: "0.25", words: "Last 15 minutes" },
  { id: "1", words: "Last hour" },
  { id: "24", words: "Last 24 hours" },
  { id: "168", words: "Last 7 days" },
];

const SHORTEST = 0.25;

/** What the address of the page says. */
export interface EventsAddress {
  /** The beginning of the names. */
  name?: string;
  about?: string;
  /** The id of a resource that the events are about or related to, and what people call it. */
  with?: string;
  called?: string;
  hours?: number;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function parseAddress(found: Record<string, unknown>): EventsAddress {
  const hours = Number(found.hours);
  return {
    name: text(found.name),
    about: KINDS.find((kind) => kind.id !== "" && kind.id === found.about)?.id,
    with: text(found.with),
    called: text(found.called),
    hours: hours > SHORTEST && TIMES.some((time) => time.id === String(hours)) ? hours : undefined,
  };
}

/** How far back events are shown. */
export function hoursOf(address: EventsAddress): number {
  return address.hours ?? SHORTEST;
}

/** Return what is asked of events, whenever they happen. */
export function filterOf(address: EventsAddress): EventFilter {
  const filter: EventFilter = {};
  if (address.name?.trim()) filter.event = { prefix: [address.name.trim()] };
  if (address.about) filter.resource = { id_prefix: [`prefect.${address.about}.`] };
  if (address.with) filter.any_resource = { id: [address.with] };
  return filter;
}
