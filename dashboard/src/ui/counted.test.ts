import { expect, it } from "vitest";

import { counted } from "./counted";

it("says one and many", () => {
  expect([0, 1, 2].map((number) => counted(number, "run"))).toEqual(["0 runs", "1 run", "2 runs"]);
});
