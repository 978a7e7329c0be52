import { everyWords, listWords, MONTHS, timeWords, WEEKDAYS } from "./lists";

const ALIASES: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** What a field of an expression lets through: all, every so many, or values and ranges of them. */
type Field = { every: number } | { parts: [number, number][] };

const ALL: Field = { every: 1 };

function numberOf(text: string, names: string[], first: number): number | undefined {
  const named = names.findIndex((name) => name.slice(0, 3).toUpperCase() === text.toUpperCase());
  if (named >= 0) return named + first;
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

function fieldOf(text: string, names: string[] = [], first = 0): Field | undefined {
  if (text === "*") return ALL;
  const step = /^\*\/(\d{1,2})$/.exec(text);
  if (step) return { every: Number(step[1]) };
  const parts: [number, number][] = [];
  for (const part of text.split(",")) {
    const [from, to, ...more] = part.split("-").map((one) => numberOf(one, names, first));
    if (from === undefined || more.length > 0 || (part.includes("-") && to === undefined)) return undefined;
    parts.push([from, to ?? from]);
  }
  return { parts };
}

function isAll(field: Field): boolean {
  return "every" in field && field.every === 1;
}

/** Return the single values of a field; undefined where it has others too. */
function valuesOf(field: Field): number[] | undefined {
  if ("every" in field || field.parts.some(([from, to]) => from !== to)) return undefined;
  return field.parts.map(([from]) => from);
}

function partWords(parts: [number, number][], name: (value: number) => string): string {
  return listWords(parts.map(([from, to]) => (from === to ? name(from) : `${name(from)} to ${name(to)}`)));
}

function clockTimes(minute: Field, hour: Field): string | undefined {
  const minutes = valuesOf(minute);
  const hours = valuesOf(hour);
  if (minutes && hours) {
    return `at ${listWords(hours.flatMap((one) => minutes.map((other) => timeWords(one, other))))}`;
  }
  if ("every" in minute && !("every" in hour)) {
    const within = hour.parts.map(([from, to]) => `${timeWords(from, 0)} to ${timeWords(to, 59)}`);
    return `${everyWords(minute.every, "minute")} from ${listWords(within)}`;
  }
  if ("every" in minute) return isAll(hour) ? everyWords(minute.every, "minute") : undefined;
  if (minutes === undefined) return undefined;
  const at = `at minute ${listWords(minutes.map(String))}`;
  if ("every" in hour) return `${everyWords(hour.every, "hour")} ${at}`;
  return `every hour ${at}, ${partWords(hour.parts, (one) => timeWords(one, 0))}`;
}

function dayWords(day: Field, weekday: Field, dayOr: boolean): string | undefined {
  if ("every" in weekday && !isAll(weekday)) return undefined;
  const onWeekdays = "every" in weekday ? "" : `on ${partWords(weekday.parts, (one) => WEEKDAYS[one % 7] ?? "")}`;
  if (isAll(day)) return onWeekdays;
  const onDays =
    "every" in day ? `${everyWords(day.every, "day")} of the month` : `on day ${partWords(day.parts, String)} of the month`;
  if (onWeekdays === "") return onDays;
  return dayOr ? `${onDays} and ${onWeekdays}` : `${onDays}, if it is ${onWeekdays.slice(3)}`;
}

/** Say a cron expression of five fields; undefined for one that is not simple enough for words. */
export function cronWords(expression: string, dayOr = true): string | undefined {
  const fields = (ALIASES[expression.trim().toLowerCase()] ?? expression).trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, day, month, weekday] = [
    fieldOf(fields[0] ?? ""),
    fieldOf(fields[1] ?? ""),
    fieldOf(fields[2] ?? ""),
    fieldOf(fields[3] ?? "", MONTHS, 1),
    fieldOf(fields[4] ?? "", WEEKDAYS),
  ];
  if (!minute || !hour || !day || !month || !weekday) return undefined;
  if ("every" in month && !isAll(month)) return undefined;
  const time = clockTimes(minute, hour);
  const days = dayWords(day, weekday, dayOr);
  if (time === undefined || days === undefined) return undefined;
  const months = "every" in month ? "" : `in ${partWords(month.parts, (one) => MONTHS[one - 1] ?? "")}`;
  const isDaily = days === "" && time.startsWith("at ");
  return [isDaily ? "every day" : "", time, days, months].filter(Boolean).join(" ");
}
