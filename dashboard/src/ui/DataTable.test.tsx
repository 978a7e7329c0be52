import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { DataTable, type Columns } from "./DataTable";

interface Sack {
  grain: string;
  weight: number;
}

const columns: Columns<Sack> = [
  { id: "grain", header: "Grain", accessorFn: (sack) => sack.grain },
  { id: "weight", header: "Weight", accessorFn: (sack) => sack.weight },
  { id: "note", header: "Note", enableSorting: false, cell: () => "dry" },
];
const rows = [
  { grain: "rye", weight: 30 },
  { grain: "oats", weight: 4 },
];

function grains(): (string | null | undefined)[] {
  return screen.getAllByRole("row").slice(1).map((row) => within(row).getAllByRole("cell")[0]?.textContent);
}

it("sorts by a column that has a value to sort by, and says so", async () => {
  const user = userEvent.setup();
  render(<DataTable label="sacks" rows={rows} columns={columns} keyOf={(sack) => sack.grain} />);
  expect(grains()).toEqual(["rye", "oats"]);
  await user.click(screen.getByRole("button", { name: "Grain" }));
  expect(grains()).toEqual(["oats", "rye"]);
  expect(screen.getByRole("columnheader", { name: /Grain/ }).getAttribute("aria-sort")).toBe("ascending");
  expect(screen.queryByRole("button", { name: "Note" })).toBeNull();
});

it("names the column of every cell, for cards that have no head", () => {
  render(<DataTable label="sacks" rows={rows} columns={columns} keyOf={(sack) => sack.grain} />);
  const [, first] = screen.getAllByRole("row");
  const named = first && within(first).getAllByRole("cell").map((cell) => [cell.dataset.column, cell.textContent]);
  expect(named).toEqual([
    ["Grain", "rye"],
    ["Weight", "30"],
    ["Note", "dry"],
  ]);
});
