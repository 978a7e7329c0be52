import { api, unwrap, type Schemas } from "./client";

export type PoolOverview = Schemas["WorkPoolOverview"];
export type QueueOverview = Schemas["WorkQueueOverview"];
export type Worker = Schemas["WorkerResponse"];
export type Pool = Schemas["WorkPoolResponse"];

const named = (name: string) => ({ params: { path: { work_pool_name: name } } });

export const readPools = (signal: AbortSignal) => unwrap(api.GET("/api/overview/work_pools", { signal }));

export const readQueues = (pool: string, signal?: AbortSignal) =>
  unwrap(api.GET("/api/overview/work_pools/{work_pool_name}/queues", { ...named(pool), signal }));

export const readPool = (pool: string, signal: AbortSignal) =>
  unwrap(api.GET("/api/work_pools/{work_pool_name}", { ...named(pool), signal }));

export const readWorkers = (pool: string, signal: AbortSignal) =>
  unwrap(api.POST("/api/work_pools/{work_pool_name}/workers/filter", { ...named(pool), body: {}, signal }));

export const updatePool = (pool: string, body: Schemas["WorkPoolUpdate"]) =>
  unwrap(api.PATCH("/api/work_pools/{work_pool_name}", { ...named(pool), body }));

export const beginMaintenance = (pool: string, reason: string) =>
  unwrap(api.POST("/api/work_pools/{work_pool_name}/maintenance", { ...named(pool), body: { reason } }));

export const endMaintenance = (pool: string) =>
  unwrap(api.DELETE("/api/work_pools/{work_pool_name}/maintenance", named(pool)));

const queue = (pool: string, name: string) => ({
  params: { path: { work_pool_name: pool, work_queue_name: name } },
});

export const updateQueue = (pool: string, name: string, body: Schemas["WorkQueueUpdate"]) =>
  unwrap(api.PATCH("/api/work_pools/{work_pool_name}/queues/{work_queue_name}", { ...queue(pool, name), body }));

const worker = (pool: string, name: string) => ({
  params: { path: { work_pool_name: pool, worker_name: name } },
});

export const drainWorker = (pool: string, name: string) =>
  unwrap(api.POST("/api/work_pools/{work_pool_name}/workers/{worker_name}/drain", worker(pool, name)));

export const resumeWorker = (pool: string, name: string) =>
  unwrap(api.POST("/api/work_pools/{work_pool_name}/workers/{worker_name}/resume", worker(pool, name)));

export const forgetWorker = (pool: string, name: string) =>
  unwrap(api.DELETE("/api/work_pools/{work_pool_name}/workers/{worker_name}", worker(pool, name)));
