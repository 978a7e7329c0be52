import type { DeploymentSearch } from "../../api/deployments";

/** What the address of the page says. */
export interface DeploymentsAddress extends DeploymentSearch {
  page?: number;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function parseAddress(found: Record<string, unknown>): DeploymentsAddress {
  const page = Number(found.page);
  return {
    text: text(found.text),
    tag: text(found.tag),
    pool: text(found.pool),
    paused: typeof found.paused === "boolean" ? found.paused : undefined,
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}
