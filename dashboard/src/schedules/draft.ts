import type { Fault } from "../api/errors";
import type { DeploymentSchedule, NewSchedule, ScheduleTimes } from "../api/schedules";
import { isJson } from "../forms/schema";
import { scheduleWords } from "./scheduleWords";
import { viewerZone } from "./zones";

export type Kind = "cron" | "interval" | "rrule";
export type Unit = "seconds" | "minutes" | "hours" | "days";

/** A schedule while it is typed. */
export interface Draft {
  kind: Kind;
  cron: string;
  count: string;
  unit: Unit;
  /** What an interval counts from, by the viewer's clock; empty for now. */
  anchor: string;
  rrule: string;
  timezone: string;
  slug: string;
  /** Most runs that wait ahead; empty for as many as the server makes. */
  most: string;
  /** Parameters of its own, as JSON. */
  parameters: string;
}

/** What is wrong, by the field where it is said. */
export type DraftErrors = Partial<Record<"cron" | "interval" | "anchor" | "rrule" | "timezone" | "slug" | "most" | "parameters", string>>;

export const SECONDS: Record<Unit, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

const FIELDS: Record<string, keyof DraftErrors> = {
  cron: "cron",
  interval: "interval",
  anchor_date: "anchor",
  rrule: "rrule",
  timezone: "timezone",
  slug: "slug",
  max_scheduled_runs: "most",
  parameters: "parameters",
};

const EMPTY: Draft = {
  kind: "cron",
  cron: "0 6 * * *",
  count: "1",
  unit: "hours",
  anchor: "",
  rrule: "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=0",
  timezone: "",
  slug: "",
  most: "",
  parameters: "{}",
};

function intervalOf(seconds: number): Pick<Draft, "count" | "unit"> {
  const unit = (["days", "hours", "minutes"] as const).find((one) => seconds % SECONDS[one] === 0) ?? "seconds";
  return { count: String(seconds / SECONDS[unit]), unit };
}

/** Write a moment as a field for dates and times shows it, by the viewer's clock. */
function typedMoment(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Return what the form shows at first: a schedule that is stored, or one to begin with. */
export function draftOf(stored?: DeploymentSchedule): Draft {
  if (stored === undefined) return { ...EMPTY, timezone: viewerZone() };
  const { interval, anchor_date: anchor, cron, rrule, timezone } = stored.schedule;
  return {
    ...EMPTY,
    ...(typeof cron === "string" ? { kind: "cron", cron } : {}),
    ...(typeof interval === "number" ? { kind: "interval", ...intervalOf(interval) } : {}),
    ...(typeof anchor === "string" ? { anchor: typedMoment(anchor) } : {}),
    ...(typeof rrule === "string" ? { kind: "rrule", rrule } : {}),
    timezone: typeof timezone === "string" ? timezone : "UTC",
    slug: stored.slug ?? "",
    most: stored.max_scheduled_runs === null ? "" : String(stored.max_scheduled_runs),
    parameters: JSON.stringify(stored.parameters, null, 2),
  };
}

function secondsOf({ count, unit }: Draft): number | undefined {
  const number = Number(count);
  return count.trim() !== "" && number > 0 ? number * SECONDS[unit] : undefined;
}

/** Return when the runs of a draft are due; undefined while its interval is no number. */
export function timesOf(draft: Draft, stored?: DeploymentSchedule): ScheduleTimes | undefined {
  const timezone = draft.timezone.trim() || "UTC";
  if (draft.kind === "cron") {
    const dayOr = stored?.schedule.day_or;
    return { cron: draft.cron, timezone, ...(dayOr === false ? { day_or: false } : {}) };
  }
  if (draft.kind === "rrule") return { rrule: draft.rrule, timezone };
  const seconds = secondsOf(draft);
  if (seconds === undefined) return undefined;
  const interval = `PT${seconds}S`;
  if (draft.anchor === "") return { interval, timezone };
  const before = stored?.schedule.anchor_date;
  // The field shows whole seconds: what nobody has touched stays as exact as it is.
  const isKept = typeof before === "string" && typedMoment(before) === draft.anchor;
  return { interval, timezone, anchor_date: isKept ? before : new Date(draft.anchor).toISOString() };
}

/** Say when the runs of a draft are due. */
export function draftWords(draft: Draft): string {
  const { kind, cron, rrule } = draft;
  return scheduleWords(kind === "cron" ? { cron } : kind === "rrule" ? { rrule } : { interval: secondsOf(draft) }).words;
}

function parametersOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() || "{}");
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Return what to send for a draft, or what is wrong with it. */
export function readDraft(draft: Draft, stored?: DeploymentSchedule): { wanted?: NewSchedule; errors: DraftErrors } {
  const times = timesOf(draft, stored);
  const parameters = parametersOf(draft.parameters);
  const errors: DraftErrors = times === undefined ? { interval: "A number above 0, please." } : {};
  if (parameters === undefined) errors.parameters = "Parameters are a JSON object: { … }.";
  if (!/^\d*$/.test(draft.most.trim())) errors.most = "A whole number, or nothing.";
  if (times === undefined || parameters === undefined || errors.most) return { errors };
  const most = draft.most.trim();
  const slug = draft.slug.trim();
  return {
    wanted: { schedule: times, slug: slug || null, max_scheduled_runs: most ? Number(most) : null, parameters },
    errors,
  };
}

/** Return where the server's faults belong, and those that have no field. */
export function placed(faults: Fault[]): { errors: DraftErrors; others: Fault[] } {
  const errors: DraftErrors = {};
  const others: Fault[] = [];
  for (const fault of faults) {
    const field = fault.path.toReversed().map((part) => FIELDS[String(part)]).find((one) => one !== undefined);
    if (field === undefined) others.push(fault);
    else errors[field] = fault.message;
  }
  return { errors, others };
}
