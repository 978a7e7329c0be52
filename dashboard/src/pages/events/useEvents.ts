import { useEffect, useState } from "react";

import { openStream } from "../../live/socket";

/** An event as the socket sends it, as far as it is shown. */
export interface LiveEvent {
  id: string;
  occurred: string;
  event: string;
  resource: Record<string, string>;
  related: Record<string, string>[];
}

const MOST_KEPT = 300;
const SHOWN_EVERY = 250;

/** The events of the last quarter of an hour whose names begin so, and those that happen; the newest first. */
export function useEvents(prefix: string, isPaused: boolean): LiveEvent[] {
  const [events, setEvents] = useState<LiveEvent[]>([]);

  useEffect(() => {
    if (isPaused) return;
    let waiting: LiveEvent[] = [];
    let known = new Map<string, LiveEvent>();
    const timer = window.setInterval(() => {
      if (waiting.length === 0) return;
      for (const event of waiting) known.set(event.id, event);
      waiting = [];
      const newest = [...known.values()].sort((a, b) => Date.parse(b.occurred) - Date.parse(a.occurred));
      known = new Map(newest.slice(0, MOST_KEPT).map((event) => [event.id, event]));
      setEvents([...known.values()]);
    }, SHOWN_EVERY);
    const end = openStream({
      path: "/api/events/out",
      filter: prefix === "" ? {} : { event: { prefix: [prefix] } },
      backfill: true,
      onMessage: (message) => {
        if (message.type === "event") waiting.push(message.event as LiveEvent);
      },
    });
    return () => {
      window.clearInterval(timer);
      end();
    };
  }, [prefix, isPaused]);

  return events.filter((event) => event.event.startsWith(prefix));
}
