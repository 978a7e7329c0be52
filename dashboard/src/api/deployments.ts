import { api, unwrap, type Schemas } from "./client";
import type { Run } from "./runs";

export type Deployment = Schemas["DeploymentResponse"];
export type DeploymentOverview = Schemas["DeploymentOverview"];
export type DeploymentOutlook = Schemas["DeploymentOutlook"];

export interface DeploymentSearch {
  text?: string;
  tag?: string;
  pool?: string;
  paused?: boolean;
}

/** A numbered page of deployments, by name. */
export function readDeployments(search: DeploymentSearch, page: number, limit: number, signal?: AbortSignal) {
  const { text, tag, pool, paused } = search;
  const deployments = {
    ...(text?.trim() ? { flow_or_deployment_name: { like_: text.trim() } } : {}),
    ...(tag ? { tags: { all_: [tag] } } : {}),
    ...(paused === undefined ? {} : { paused: { eq_: paused } }),
  };
  const work_pools = pool ? { name: { any_: [pool] } } : undefined;
  return unwrap(api.POST("/api/overview/deployments/paginate", { body: { deployments, work_pools, page, limit }, signal }));
}

const one = (id: string) => ({ params: { path: { deployment_id: id } } });

export const readDeployment = (id: string, signal?: AbortSignal) =>
  unwrap(api.GET("/api/deployments/{deployment_id}", { ...one(id), signal }));

export const readOutlook = (id: string, signal: AbortSignal) =>
  unwrap(api.GET("/api/overview/deployments/{deployment_id}", { ...one(id), signal }));

/** The runs that were due last, the newest first. */
export const readRecentRuns = (id: string, limit: number, signal: AbortSignal) =>
  unwrap(
    api.POST("/api/flow_runs/filter", {
      body: {
        flow_runs: { deployment_id: { any_: [id] }, expected_start_time: { before_: new Date().toISOString() } },
        sort: "EXPECTED_START_TIME_DESC",
        limit,
      },
      signal,
    }),
  );

export const pauseDeployment = (id: string) =>
  unwrap(api.POST("/api/deployments/{deployment_id}/pause_deployment", one(id)));

export const resumeDeployment = (id: string) =>
  unwrap(api.POST("/api/deployments/{deployment_id}/resume_deployment", one(id)));

export const updateDeployment = (id: string, body: Schemas["DeploymentUpdate"]) =>
  unwrap(api.PATCH("/api/deployments/{deployment_id}", { ...one(id), body }));

export interface WantedRun {
  parameters: Record<string, unknown>;
  /** When it is to start; now when left out. */
  at?: string;
  name?: string;
}

/** Make a run of a deployment. */
export function startRun(id: string, { parameters, at, name }: WantedRun): Promise<Run> {
  const state = at === undefined ? undefined : { type: "SCHEDULED" as const, state_details: { scheduled_time: at } };
  return unwrap(
    api.POST("/api/deployments/{deployment_id}/create_flow_run", {
      ...one(id),
      body: { parameters, ...(state ? { state } : {}), ...(name ? { name } : {}) },
    }),
  );
}
