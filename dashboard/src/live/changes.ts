import type { QueryClient } from "@tanstack/react-query";

import { openStream } from "./socket";
import { setLiveStatus } from "./status";

const OFTEN_ENOUGH = 1000;
/** Counts are kept by the server for a second or more: what was read right after a change may not show it yet. */
const SETTLED = 3000;
const WATCHED = ["prefect.flow-run.", "prefect.work-pool.", "prefect.work-queue.", "prefect.deployment.", "penstock."];

/** Read what the page shows anew when events tell of changes: at most once a second, and once more after the last. */
export function followChanges(client: QueryClient): () => void {
  let due: number | undefined;
  let last: number | undefined;

  function refresh(): void {
    if (document.hidden) return;
    void client.invalidateQueries({ predicate: (query) => query.meta?.live === true });
  }

  function soon(): void {
    due ??= window.setTimeout(() => {
      due = undefined;
      refresh();
    }, OFTEN_ENOUGH);
    window.clearTimeout(last);
    last = window.setTimeout(refresh, SETTLED);
  }

  const end = openStream({
    path: "/api/events/out",
    filter: { event: { prefix: WATCHED } },
    onMessage: soon,
    onOpen: () => {
      setLiveStatus("live");
      soon();
    },
    onClose: () => setLiveStatus("polling"),
  });
  document.addEventListener("visibilitychange", soon);
  return () => {
    window.clearTimeout(due);
    window.clearTimeout(last);
    document.removeEventListener("visibilitychange", soon);
    end();
  };
}

/** How often a page asks by itself: rarely while the socket tells of changes. */
export const WITH_SOCKET = 10_000;
export const WITHOUT_SOCKET = 3000;
