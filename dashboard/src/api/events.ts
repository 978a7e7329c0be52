import { api, unwrap, type Schemas } from "./client";

export type Event = Schemas["ReceivedEvent"];
export type EventFilter = Schemas["EventFilter"];

/** The newest events of a filter, and where the older ones are. */
export interface EventPage {
  events: Event[];
  total: number;
  older: string | null;
}

export const EVENT_PAGE = 50;

function pageOf({ events, total, next_page: next }: Schemas["EventPage"]): EventPage {
  return { events, total, older: next === null ? null : new URL(next).searchParams.get("page-token") };
}

/** Read the newest events since a moment. */
export async function readEvents(filter: EventFilter, since: string, signal: AbortSignal): Promise<EventPage> {
  const body = { filter: { ...filter, occurred: { since } }, limit: EVENT_PAGE };
  return pageOf(await unwrap(api.POST("/api/events/filter", { body, signal })));
}

/** Read the events after those of a page. */
export async function readOlderEvents(token: string): Promise<EventPage> {
  return pageOf(await unwrap(api.GET("/api/events/filter/next", { params: { query: { "page-token": token } } })));
}
