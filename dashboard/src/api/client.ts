import createClient, { type Middleware } from "openapi-fetch";

import { noteServerDate } from "../time/clock";
import { errorFrom } from "./errors";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

const clock: Middleware = {
  onResponse({ response }) {
    noteServerDate(response.headers.get("date"));
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, headers: { "x-penstock-actor": "dashboard" } });
api.use(clock);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Return the data of an answer, or throw what it says as an ApiError. */
export async function unwrap<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw errorFrom(error, response.status);
  return data as Data;
}
