import { useSyncExternalStore } from "react";

/** By how many milliseconds the server's clock is ahead of this machine's. */
let ahead = 0;
const SECOND = 1000;

/** Take the server's time from an answer; its header knows whole seconds only. */
export function noteServerDate(header: string | null): void {
  const server = header === null ? NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const difference = server + SECOND / 2 - Date.now();
  ahead = Math.abs(difference) > 3 * SECOND ? difference : 0;
}

export function serverNow(): number {
  return Date.now() + ahead;
}

const listeners = new Set<() => void>();
let timer: number | undefined;
let tick = Math.floor(Date.now() / SECOND);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    tick = Math.floor(serverNow() / SECOND);
    listeners.forEach((call) => call());
  }, SECOND);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time in milliseconds, new every second: one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => tick) * SECOND;
}
