/** Say things one after the other: a, b and c. */
export function listWords(things: string[]): string {
  const last = things.at(-1) ?? "";
  return things.length > 1 ? `${things.slice(0, -1).join(", ")} and ${last}` : last;
}

/** Say a number of things: 1 minute is "minute", 5 are "5 minutes". */
export function everyWords(count: number, unit: string): string {
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** The time of day as a clock shows it. */
export function timeWords(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
