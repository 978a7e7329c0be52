import { useSyncExternalStore } from "react";

export type LiveStatus = "live" | "polling" | "away";

let status: LiveStatus = "polling";
const listeners = new Set<() => void>();

export function setLiveStatus(next: LiveStatus): void {
  if (next === status) return;
  status = next;
  listeners.forEach((call) => call());
}

export function liveStatus(): LiveStatus {
  return status;
}

/** Whether changes are told by the socket, are asked for, or the server is away. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => status,
  );
}
