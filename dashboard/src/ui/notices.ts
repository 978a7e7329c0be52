import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  kind: "good" | "bad";
  words: string;
}

const MOST = 3;
const GOOD_STAYS = 5000;
const BAD_STAYS = 12_000;

let notices: readonly Notice[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  listeners.forEach((call) => call());
}

export function dismiss(id: number): void {
  set(notices.filter((one) => one.id !== id));
}

/** Say something in the corner of the page; screen readers read it out. */
export function notify(kind: Notice["kind"], words: string): void {
  const notice = { id: ++count, kind, words };
  set([...notices, notice].slice(-MOST));
  window.setTimeout(() => dismiss(notice.id), kind === "good" ? GOOD_STAYS : BAD_STAYS);
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
}
