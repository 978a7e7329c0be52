import { describe, expect, it } from "vitest";

import type { Event } from "../../api/events";
import { filterOf, hoursOf, parseAddress } from "./search";
import { merged } from "./useEvents";

function event(id: string, second: number): Event {
  const occurred = `2026-01-01T00:00:0${second}Z`;
  return { id, occurred, event: "a", resource: {}, related: [], payload: {}, follows: null, received: occurred };
}

describe("the address of the events", () => {
  it("keeps what is known and drops the rest", () => {
    expect(parseAddress({ name: "prefect.", about: "flow-run", hours: "24", with: 5, x: 1 })).toEqual({
      name: "prefect.",
      about: "flow-run",
      with: "5",
      hours: 24,
    });
    expect(parseAddress({ about: "weather", hours: "0.25" })).toEqual({});
    expect(hoursOf({})).toBe(0.25);
  });

  it("is asked of the server as names and resources", () => {
    expect(filterOf({ name: " prefect.flow ", about: "work-pool", with: "prefect.flow.1", hours: 1 })).toEqual({
      event: { prefix: ["prefect.flow"] },
      resource: { id_prefix: ["prefect.work-pool."] },
      any_resource: { id: ["prefect.flow.1"] },
    });
    expect(filterOf({})).toEqual({});
  });
});

it("shows each event once, the newest first, whichever way it came", () => {
  const found = merged([event("b", 2), event("a", 1)], [event("c", 3), event("b", 2), event("d", 3)]);
  expect(found.map((one) => one.id)).toEqual(["d", "c", "b", "a"]);
});
