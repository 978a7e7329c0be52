import { describe, expect, it } from "vitest";

import { parseAddress, searchOf, searchWords } from "./search";

describe("the address of the runs", () => {
  it("keeps what is known and drops the rest", () => {
    const found = { state: "late", hours: "24", text: 7, pool: "", other: "x" };
    expect(parseAddress(found)).toEqual({ state: "late", hours: 24, text: "7" });
    expect(parseAddress({ state: "asleep", hours: "3" })).toEqual({});
  });

  it("is asked of the server as states and a name", () => {
    expect(searchOf({ state: "late" })).toMatchObject({ states: ["SCHEDULED"], late: true });
    expect(searchOf({})).toMatchObject({ states: undefined });
  });

  it("is said before many runs are changed", () => {
    expect(searchWords({ state: "waiting", pool: "mill", hours: 24 })).toBe("waiting, of pool mill, of the last 24 hours");
    expect(searchWords({})).toBe("of all pools, in any state");
  });
});
