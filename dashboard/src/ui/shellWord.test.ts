import { expect, it } from "vitest";

import { shellWord } from "./shellWord";

it("quotes what a shell would take apart", () => {
  expect(["mill", "grind/rye-2", "the mill", "miller's"].map(shellWord)).toEqual(["mill", "grind/rye-2", "'the mill'", "'miller'\\''s'"]);
});
