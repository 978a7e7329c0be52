import type { QueryClient } from "@tanstack/react-query";

import { openStream } from "./socket";
import { setLiveStatus } from "./status";

const OFTEN_ENOUGH = 1000;
const WATCHED = ["prefect.flow-run.", "prefect.work-pool.", "prefect.work-queue.", "prefect.deployment.", "penstock."];

/** Read what the page shows anew when events tell of changes, at most once a second. */
export function followChanges(client: QueryClient): () => void {
  let due: number | undefined;

  function refresh(): void {
    due = undefined;
    if (document.hidden) return;
    void client.invalidateQueries({ predicate: (query) => query.meta?.live === true });
  }

  function soon(): void {
    due ??= window.setTimeout(refresh, OFTEN_ENOUGH);
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
    document.removeEventListener("visibilitychange", soon);
    end();
  };
}

/** How often a page asks by itself: rarely while the socket tells of changes. */
export const WITH_SOCKET = 10_000;
export const WITHOUT_SOCKET = 3000;
