import { api, unwrap, type Schemas } from "./client";

export type DeploymentSchedule = Schemas["DeploymentScheduleResponse"];
export type NewSchedule = Schemas["DeploymentScheduleCreate"];
export type ScheduleTimes = NewSchedule["schedule"];
export type UpcomingStarts = Schemas["UpcomingStarts"];

const one = (deployment: string, schedule: string) => ({
  params: { path: { deployment_id: deployment, schedule_id: schedule } },
});

export const createSchedule = (deployment: string, schedule: NewSchedule) =>
  unwrap(
    api.POST("/api/deployments/{deployment_id}/schedules", {
      params: { path: { deployment_id: deployment } },
      body: [schedule],
    }),
  );

export const updateSchedule = (deployment: string, schedule: string, body: Schemas["DeploymentScheduleUpdate"]) =>
  unwrap(api.PATCH("/api/deployments/{deployment_id}/schedules/{schedule_id}", { ...one(deployment, schedule), body }));

export const deleteSchedule = (deployment: string, schedule: string) =>
  unwrap(api.DELETE("/api/deployments/{deployment_id}/schedules/{schedule_id}", one(deployment, schedule)));

/** How many waiting runs the schedules of a deployment have made. */
export const countScheduledRuns = (deployment: string, signal: AbortSignal) =>
  unwrap(
    api.GET("/api/overview/deployments/{deployment_id}/scheduled_runs", {
      params: { path: { deployment_id: deployment } },
      signal,
    }),
  );

/** When a schedule would be due next, though nobody has kept it yet. */
export const previewStarts = (schedule: ScheduleTimes, starts: number, signal: AbortSignal) =>
  unwrap(api.POST("/api/overview/schedules/starts", { body: { schedule, starts }, signal }));
