import type { ServiceStatus } from "../../api/system";

/** Say the value of a setting. */
export function settingWords(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const KINDS: Record<string, string> = { sqlite: "SQLite", postgresql: "PostgreSQL" };

export function databaseWords(kind: string, version: string): string {
  return `${KINDS[kind] ?? kind} ${version}`;
}

/** Say how many services run in a server, and how many of them failed the last time. */
export function runningWords(services: ServiceStatus[]): string {
  const running = services.filter((service) => service.is_enabled);
  const failed = running.filter((service) => service.last_error).length;
  return `${running.length} of ${services.length}${failed > 0 ? `, ${failed} failed` : ""}`;
}

/** Say the name of a service as words: LateRuns is "late runs". */
export function serviceWords(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
