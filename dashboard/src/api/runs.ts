import { api, unwrap, type Schemas } from "./client";

export type Run = Schemas["FlowRunResponse"];
export type StateType = Schemas["StateType"];
type RunFilter = Schemas["FlowRunFilter"];

const MOST_SHOWN = 200;

/** Runs of a pool that hold its slots, who has held for longest first. */
export const readHolders = (pool: string, signal: AbortSignal) =>
  readRunsOfPool(pool, { state: { type: { any_: ["PENDING", "RUNNING"] } } }, "START_TIME_ASC", signal);

/** Runs of a pool that started, or were meant to, since a moment. */
export const readRunsSince = (pool: string, since: string, signal: AbortSignal) =>
  readRunsOfPool(pool, { start_time: { after_: since, before_: new Date().toISOString() } }, "START_TIME_DESC", signal);

function readRunsOfPool(
  pool: string,
  filter: RunFilter,
  sort: Schemas["FlowRunSort"],
  signal: AbortSignal,
): Promise<Run[]> {
  return unwrap(
    api.POST("/api/flow_runs/filter", {
      body: { flow_runs: filter, work_pools: { name: { any_: [pool] } }, sort, limit: MOST_SHOWN },
      signal,
    }),
  );
}
