import { api, unwrap, type Schemas } from "./client";
import { ApiError } from "./errors";
import { readQueues } from "./pools";

export type Run = Schemas["FlowRunResponse"];
export type StateType = Schemas["StateType"];
export type RunFilter = Schemas["FlowRunFilter"];

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

export interface RunSearch {
  states?: StateType[];
  late?: boolean;
  text?: string;
  pool?: string;
  queue?: string;
  deployment?: string;
  /** Hours back from now, by the time runs were first meant to start. */
  hours?: number;
}

const HOUR = 3_600_000;

/** Return a search as the filter of listings, counts and bulk changes alike. */
export async function filterOf(search: RunSearch, now: number, signal?: AbortSignal): Promise<RunFilter> {
  const filter: RunFilter = {};
  if (search.states?.length) filter.state = { type: { any_: search.states } };
  if (search.late) filter.state = { ...filter.state, name: { any_: ["Late"] } };
  if (search.text?.trim()) filter.name = { like_: search.text.trim() };
  if (search.queue) filter.work_queue_name = { any_: [search.queue] };
  if (search.deployment) filter.deployment_id = { any_: [search.deployment] };
  if (search.hours) filter.expected_start_time = { after_: new Date(now - search.hours * HOUR).toISOString() };
  if (search.pool) {
    // Bulk changes choose by what the run itself has, so a pool is given by its queues.
    const queues = await readQueues(search.pool, signal);
    filter.work_queue_id = { any_: queues.map((queue) => queue.id) };
  }
  return filter;
}

/** A page of runs, the newest first; ``before`` is the last run of the page before. */
export async function readRuns(filter: RunFilter, before: string | undefined, limit: number, signal: AbortSignal): Promise<Run[]> {
  const flow_runs = before === undefined ? filter : { ...filter, id: { lt_: before } };
  return unwrap(api.POST("/api/flow_runs/filter", { body: { flow_runs, limit }, signal }));
}

export const countRuns = (filter: RunFilter, signal: AbortSignal) =>
  unwrap(api.POST("/api/flow_runs/count", { body: { flow_runs: filter }, signal }));

const one = (id: string) => ({ params: { path: { flow_run_id: id } } });

export const readRun = (id: string, signal: AbortSignal) =>
  unwrap(api.GET("/api/flow_runs/{flow_run_id}", { ...one(id), signal }));

export const readStates = (id: string, signal: AbortSignal) =>
  unwrap(api.GET("/api/flow_run_states/", { params: { query: { flow_run_id: id } }, signal }));

export const explainRun = (id: string, signal: AbortSignal) =>
  unwrap(api.GET("/api/flow_runs/{flow_run_id}/explain", { ...one(id), signal }));

export const deleteRun = (id: string) => unwrap(api.DELETE("/api/flow_runs/{flow_run_id}", one(id)));

/** Propose a state; what the server says against it is thrown. */
export async function proposeState(id: string, state: Schemas["StateCreate"]): Promise<void> {
  const result = await unwrap(api.POST("/api/flow_runs/{flow_run_id}/set_state", { ...one(id), body: { state } }));
  if (result.status === "ACCEPT") return;
  const reason = "reason" in result.details ? result.details.reason : null;
  throw new ApiError(reason ?? `The server left the run ${result.state?.name ?? "as it is"}.`, 409);
}

/** Make a run like another one, from the same deployment. */
export function runAgain(run: Run): Promise<Run> {
  return unwrap(
    api.POST("/api/deployments/{deployment_id}/create_flow_run", {
      params: { path: { deployment_id: run.deployment_id ?? "" } },
      body: { parameters: run.parameters, job_variables: run.job_variables, work_queue_name: run.work_queue_name },
    }),
  );
}

const CANCELLABLE: StateType[] = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED"];
const AT_ONCE = 50;

/** Return the part of a filter that can still be cancelled. */
export function cancellable(filter: RunFilter): RunFilter {
  const asked = filter.state?.type?.any_;
  const states = asked ? CANCELLABLE.filter((state) => asked.includes(state)) : CANCELLABLE;
  return { ...filter, state: { ...filter.state, type: { any_: states } } };
}

/** Cancel all runs of a filter, some at a time; says how many are done, and returns how many were refused. */
export async function cancelAll(filter: RunFilter, told: (done: number) => void): Promise<{ done: number; refused: number }> {
  let done = 0;
  let refused = 0;
  let before: string | undefined;
  for (;;) {
    const flow_runs = before === undefined ? cancellable(filter) : { ...cancellable(filter), id: { lt_: before } };
    const body = { flow_runs, state: { type: "CANCELLING" as const }, limit: AT_ONCE };
    const { results } = await unwrap(api.POST("/api/flow_runs/bulk_set_state", { body }));
    done += results.filter((result) => result.status === "ACCEPT" || result.state?.type === "CANCELLED").length;
    refused += results.filter((result) => result.status !== "ACCEPT" && result.state?.type !== "CANCELLED").length;
    told(done);
    before = results.at(-1)?.flow_run_id;
    if (results.length < AT_ONCE) return { done, refused };
  }
}

/** Delete all runs of a filter, some at a time. */
export async function deleteAll(filter: RunFilter, told: (done: number) => void): Promise<{ done: number; refused: number }> {
  let done = 0;
  for (;;) {
    const { deleted } = await unwrap(api.POST("/api/flow_runs/bulk_delete", { body: { flow_runs: filter, limit: AT_ONCE } }));
    done += deleted.length;
    told(done);
    if (deleted.length < AT_ONCE) return { done, refused: 0 };
  }
}
