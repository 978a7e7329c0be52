import { describe, expect, it } from "vitest";

import type { DeploymentSchedule } from "../api/schedules";
import { draftOf, draftWords, placed, readDraft, timesOf } from "./draft";

function stored(schedule: Record<string, unknown>, others: Partial<DeploymentSchedule> = {}): DeploymentSchedule {
  return {
    id: "1",
    created: null,
    updated: null,
    deployment_id: "2",
    schedule,
    active: true,
    max_scheduled_runs: null,
    parameters: {},
    slug: null,
    ...others,
  };
}

describe("a schedule that is changed", () => {
  it.each([
    [{ cron: "0 6 * * *", timezone: "Europe/Berlin" }, { cron: "0 6 * * *", timezone: "Europe/Berlin" }],
    [{ cron: "0 6 1 * 1", timezone: "UTC", day_or: false }, { cron: "0 6 1 * 1", timezone: "UTC", day_or: false }],
    [{ rrule: "FREQ=DAILY", timezone: null }, { rrule: "FREQ=DAILY", timezone: "UTC" }],
    [
      { interval: 5400, anchor_date: "2030-01-01T00:00:00.250000Z", timezone: "Asia/Tokyo" },
      { interval: "PT5400S", anchor_date: "2030-01-01T00:00:00.250000Z", timezone: "Asia/Tokyo" },
    ],
  ])("stays as it is where nobody types: %j", (schedule, sent) => {
    const before = stored(schedule);
    expect(timesOf(draftOf(before), before)).toEqual(sent);
  });

  it("shows an interval in the largest unit that fits", () => {
    expect(draftOf(stored({ interval: 7200 }))).toMatchObject({ kind: "interval", count: "2", unit: "hours" });
    expect(draftOf(stored({ interval: 5400 }))).toMatchObject({ count: "90", unit: "minutes" });
    expect(draftOf(stored({ interval: 1.5 }))).toMatchObject({ count: "1.5", unit: "seconds" });
  });

  it("counts from a time that was typed", () => {
    const before = stored({ interval: 60, anchor_date: "2030-01-01T00:00:00Z" });
    const typed = { ...draftOf(before), anchor: "2031-05-01T06:30:00" };
    expect(timesOf(typed, before)).toMatchObject({ anchor_date: new Date("2031-05-01T06:30:00").toISOString() });
    expect(timesOf({ ...typed, anchor: "" }, before)).not.toHaveProperty("anchor_date");
  });
});

describe("what is sent", () => {
  it("has slug, most runs and parameters where they are typed", () => {
    const draft = { ...draftOf(), slug: " nightly ", most: "5", parameters: '{"sacks": 2}' };
    expect(readDraft(draft).wanted).toMatchObject({ slug: "nightly", max_scheduled_runs: 5, parameters: { sacks: 2 } });
    expect(readDraft(draftOf()).wanted).toMatchObject({ slug: null, max_scheduled_runs: null, parameters: {} });
  });

  it("is nothing while something is wrong, which is said at its field", () => {
    const draft = { ...draftOf(), kind: "interval" as const, count: "often", most: "few", parameters: "[]" };
    const { wanted, errors } = readDraft(draft);
    expect(wanted).toBeUndefined();
    expect(Object.keys(errors).toSorted()).toEqual(["interval", "most", "parameters"]);
  });
});

it("says a draft in words", () => {
  expect(draftWords({ ...draftOf(), cron: "30 2 * * *" })).toBe("every day at 02:30");
  expect(draftWords({ ...draftOf(), kind: "interval", count: "90", unit: "minutes" })).toBe("every 1 hour and 30 minutes");
});

it("finds the field of each fault", () => {
  const cron = { path: ["schedule", "cron", "cron"], message: "no cron" };
  const zone = { path: [0, "schedule", "interval", "timezone"], message: "no zone" };
  const unknown = { path: ["replaces"], message: "no text" };
  expect(placed([cron, zone, unknown])).toEqual({ errors: { cron: "no cron", timezone: "no zone" }, others: [unknown] });
});
