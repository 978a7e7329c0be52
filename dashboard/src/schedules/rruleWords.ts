import { everyWords, listWords, MONTHS, timeWords, WEEKDAYS } from "./lists";

const UNITS: Record<string, string> = {
  YEARLY: "year",
  MONTHLY: "month",
  WEEKLY: "week",
  DAILY: "day",
  HOURLY: "hour",
  MINUTELY: "minute",
  SECONDLY: "second",
};
const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const ORDER: Record<string, string> = { "1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last" };
const SAID = new Set(["FREQ", "INTERVAL", "BYDAY", "BYHOUR", "BYMINUTE", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST", "BYSECOND"]);

function dayName(text: string): string | undefined {
  const [, place, day] = /^([+-]?\d)?([A-Z]{2})$/.exec(text) ?? [];
  const name = WEEKDAYS[DAYS.indexOf(day ?? "")];
  if (name === undefined || place === undefined) return name;
  const order = ORDER[place.replace("+", "")];
  return order === undefined ? undefined : `the ${order} ${name}`;
}

function timesOf(rule: Map<string, string>, start: string | undefined): string | undefined {
  const [, hour, minute] = /T(\d{2})(\d{2})/.exec(start ?? "") ?? [];
  const hours = rule.get("BYHOUR")?.split(",") ?? (hour === undefined ? [] : [hour]);
  const minutes = rule.get("BYMINUTE")?.split(",") ?? [minute ?? "0"];
  if (hours.length === 0) return undefined;
  return listWords(hours.flatMap((one) => minutes.map((other) => timeWords(Number(one), Number(other)))));
}

/** Say a recurrence rule; undefined for a set of rules, and for one that is not simple enough for words. */
export function rruleWords(text: string): string | undefined {
  const lines = text.toUpperCase().split(/\s+/).filter(Boolean);
  const start = lines.find((line) => line.startsWith("DTSTART"));
  const rules = lines.filter((line) => line !== start);
  const rule = new Map((rules[0] ?? "").replace(/^RRULE:/, "").split(";").map((part) => part.split("=", 2) as [string, string]));
  const unit = UNITS[rule.get("FREQ") ?? ""];
  if (rules.length !== 1 || unit === undefined || [...rule.keys()].some((key) => !SAID.has(key))) return undefined;
  const days = rule.get("BYDAY")?.split(",").map(dayName);
  if (days?.includes(undefined)) return undefined;
  const times = ["hour", "minute", "second"].includes(unit) ? undefined : timesOf(rule, start);
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})/.exec(rule.get("UNTIL") ?? "") ?? [];
  const months = rule.get("BYMONTH")?.split(",").map((one) => MONTHS[Number(one) - 1] ?? "");
  return [
    everyWords(Number(rule.get("INTERVAL") ?? 1), unit),
    days && `on ${listWords(days as string[])}`,
    rule.has("BYMONTHDAY") && `on day ${listWords(rule.get("BYMONTHDAY")?.split(",") ?? [])}`,
    months && `in ${listWords(months)}`,
    times && `at ${times}`,
    rule.has("COUNT") && `${rule.get("COUNT") ?? ""} times in all`,
    year && `until ${year}-${month ?? ""}-${day ?? ""}`,
  ]
    .filter(Boolean)
    .join(" ");
}
