import { expect, it } from "vitest";

import { databaseWords, serviceWords, settingWords } from "./words";

it("says services, databases and settings in words", () => {
  expect(serviceWords("CancellationCleanup")).toBe("cancellation cleanup");
  expect(databaseWords("sqlite", "3.45.1")).toBe("SQLite 3.45.1");
  expect([settingWords(5), settingWords("a"), settingWords(null)]).toEqual(["5", "a", "–"]);
});
