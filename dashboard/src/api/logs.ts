import { api, unwrap, type Schemas } from "./client";

export type Log = Schemas["Log"];

export const LOG_PAGE = 200;

/** The newest lines of a run up to a moment, the oldest of them first. */
export async function readLogs(run: string, until: string | undefined, signal?: AbortSignal): Promise<Log[]> {
  const logs = {
    flow_run_id: { any_: [run] },
    ...(until === undefined ? {} : { timestamp: { before_: until } }),
  };
  const newest = await unwrap(
    api.POST("/api/logs/filter", { body: { logs, sort: "TIMESTAMP_DESC", limit: LOG_PAGE }, signal }),
  );
  return newest.reverse();
}
