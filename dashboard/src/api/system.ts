import { api, unwrap, type Schemas } from "./client";

export type DoctorReport = Schemas["DoctorReport"];
export type KnownServer = Schemas["KnownServer"];
export type ServerStatus = Schemas["ServerStatus"];
export type ServiceStatus = Schemas["ServiceStatus"];

export const readSettings = (signal: AbortSignal) => unwrap(api.GET("/api/admin/settings", { signal }));

export const readServer = (signal: AbortSignal) => unwrap(api.GET("/api/admin/server", { signal }));

export const readServers = (signal: AbortSignal) => unwrap(api.GET("/api/admin/servers", { signal }));

export const readApiVersion = (signal: AbortSignal) => unwrap(api.GET("/api/version", { signal }));

export const readClientRelease = (signal: AbortSignal) => unwrap(api.GET("/api/admin/version", { signal }));

export const examine = (signal: AbortSignal) => unwrap(api.GET("/api/admin/doctor", { signal }));
