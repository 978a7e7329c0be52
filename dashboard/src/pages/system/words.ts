/** Say the value of a setting. */
export function settingWords(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const KINDS: Record<string, string> = { sqlite: "SQLite", postgresql: "PostgreSQL" };

export function databaseWords(kind: string, version: string): string {
  return `${KINDS[kind] ?? kind} ${version}`;
}

/** Say the name of a service as words: LateRuns is "late runs". */
export function serviceWords(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
