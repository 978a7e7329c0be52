import { expect, it } from "vitest";

import { databaseWords, runningWords, serviceWords, settingWords } from "./words";

it("says services, databases and settings in words", () => {
  expect(serviceWords("CancellationCleanup")).toBe("cancellation cleanup");
  expect(databaseWords("sqlite", "3.45.1")).toBe("SQLite 3.45.1");
  expect([settingWords(5), settingWords("a"), settingWords(null)]).toEqual(["5", "a", "–"]);
});

it("says how many services run in a server", () => {
  const service = (name: string, isEnabled: boolean, error: string | null) => ({
    name,
    is_enabled: isEnabled,
    interval_seconds: 5,
    last_started_at: null,
    last_seconds: null,
    last_error: error,
  });
  const [fine, broken, absent] = [service("A", true, null), service("B", true, "no"), service("C", false, "no")];
  expect(runningWords([fine, fine, absent])).toBe("2 of 3");
  expect(runningWords([fine, broken, absent])).toBe("2 of 3, 1 failed");
});
