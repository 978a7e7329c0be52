import { useEffect, useState } from "react";

import { readEvents, readOlderEvents, type Event, type EventFilter, type EventPage } from "../../api/events";
import { openStream } from "../../live/socket";
import { serverNow } from "../../time/clock";

export interface Events {
  /** The newest first; undefined until the first are there. */
  events: Event[] | undefined;
  /** How many there were in all when they were read. */
  total: number;
  error: unknown;
  /** Reads what came before; undefined when all is there. */
  readOlder: (() => void) | undefined;
}

const MOST_KEPT = 2000;
const SHOWN_EVERY = 250;
const SOCKET_OPENS_WITHIN = 1000;
const HOUR = 3_600_000;

/** Return events with others added, each once, the newest first. */
export function merged(events: Event[], added: Event[]): Event[] {
  const known = new Map([...events, ...added].map((event) => [event.id, event]));
  const newest = [...known.values()].sort((a, b) => Date.parse(b.occurred) - Date.parse(a.occurred) || (a.id < b.id ? 1 : -1));
  return newest.slice(0, MOST_KEPT);
}

/**
 * The events of the last hours that a filter chooses, and those that happen while ``follows``. A new
 * filter needs a new component: give it a key.
 */
export function useEvents(filter: EventFilter, hours: number, follows: boolean): Events {
  const [events, setEvents] = useState<Event[]>();
  const [page, setPage] = useState<Pick<EventPage, "total" | "older">>({ total: 0, older: null });
  const [error, setError] = useState<unknown>();
  const asked = JSON.stringify(filter);

  useEffect(() => {
    const controller = new AbortController();
    const wanted = JSON.parse(asked) as EventFilter;
    let waiting: Event[] = [];
    const timer = window.setInterval(() => {
      if (waiting.length === 0) return;
      const happened = waiting;
      waiting = [];
      setEvents((shown) => merged(shown ?? [], happened));
    }, SHOWN_EVERY);

    async function read(): Promise<void> {
      try {
        const since = new Date(serverNow() - hours * HOUR).toISOString();
        const found = await readEvents(wanted, since, controller.signal);
        setEvents((shown) => merged(shown ?? [], found.events));
        setPage(found);
        setError(undefined);
      } catch (failure) {
        if (!controller.signal.aborted) setError(failure);
      }
    }

    // Read once the socket is open, and again when it has been away: so nothing is missed between. Where
    // no socket can be opened, events are asked for all the same.
    const late = window.setTimeout(() => void read(), follows ? SOCKET_OPENS_WITHIN : 0);
    const end = follows
      ? openStream({
          path: "/api/events/out",
          filter: wanted,
          onOpen: () => {
            window.clearTimeout(late);
            void read();
          },
          onMessage: (message) => {
            if (message.type === "event") waiting.push(message.event as Event);
          },
        })
      : undefined;
    return () => {
      window.clearTimeout(late);
      controller.abort();
      window.clearInterval(timer);
      end?.();
    };
  }, [asked, hours, follows]);

  async function readOlder(token: string): Promise<void> {
    try {
      const found = await readOlderEvents(token);
      setEvents((shown) => merged(shown ?? [], found.events));
      setPage(found);
    } catch (failure) {
      setError(failure);
    }
  }

  const { older } = page;
  return { events, total: page.total, error, readOlder: older === null ? undefined : () => void readOlder(older) };
}
