import { render, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import { Starts } from "./Starts";

const BERLIN = {
  schedule_id: "s",
  timezone: "Europe/Berlin",
  utc_offset_seconds: 3600,
  starts: [
    { at: "2026-03-28T01:30:00Z", utc_offset_seconds: 3600 },
    { at: "2026-03-29T01:30:00Z", utc_offset_seconds: 7200 },
    { at: "2026-03-30T00:30:00Z", utc_offset_seconds: 7200 },
  ],
};

function itsTimes(): string[] {
  const rows = screen.getAllByRole("row").slice(1);
  return rows.map((row) => within(row).getAllByRole("cell")[2]?.textContent ?? "");
}

it("shows what the schedule's own clock shows, and marks the first start after it changes", () => {
  render(<Starts outlook={BERLIN} name="nightly" />);
  const [before, on, after] = itsTimes();
  expect(before).toMatch(/02:30/);
  expect(on).toMatch(/03:30.*clock 1 h forward/);
  expect(after).toMatch(/02:30/);
  expect(screen.getAllByText(/^clock /).length).toBeGreaterThan(0);
  expect(screen.getByRole("columnheader", { name: "Its time (Europe/Berlin)" })).toBeTruthy();
  expect(screen.getByRole("group", { name: "Next starts of nightly" })).toBeTruthy();
});

it("says when a schedule is over", () => {
  render(<Starts outlook={{ ...BERLIN, starts: [] }} name="nightly" />);
  expect(screen.getByText("It is over: no start is left.")).toBeTruthy();
});
