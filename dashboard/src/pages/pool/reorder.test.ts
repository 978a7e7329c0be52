import { describe, expect, it } from "vitest";

import { moved, priorityAt, type Ranked } from "./reorder";

const queues: Ranked[] = [1, 2, 5, 6].map((priority) => ({ id: `q${priority}`, name: `q${priority}`, priority }));
const ids = (list: Ranked[]) => list.map((one) => one.id);

/** What the server does with one new priority: the others keep their order and make room. */
function arranged(list: Ranked[], id: string, priority: number): Ranked[] {
  let last = 0;
  const others = list
    .filter((one) => one.id !== id)
    .map((one) => {
      last = Math.max(one.priority, last + 1);
      if (last === priority) last += 1;
      return { ...one, priority: last };
    });
  return [...others, { id, name: id, priority }].sort((a, b) => a.priority - b.priority);
}

describe("moving a queue", () => {
  it("shows it at its new place", () => {
    expect(ids(moved(queues, "q6", { id: "q2", place: "before" }))).toEqual(["q1", "q6", "q2", "q5"]);
    expect(ids(moved(queues, "q1", { id: "q5", place: "after" }))).toEqual(["q2", "q5", "q1", "q6"]);
  });

  it("writes nothing when it stays", () => {
    expect(priorityAt(queues, "q2", { id: "q1", place: "after" })).toBeUndefined();
    expect(priorityAt(queues, "q2", { id: "q2", place: "before" })).toBeUndefined();
  });

  it("writes a priority that leads to the order shown, wherever it goes", () => {
    for (const { id } of queues) {
      for (const target of queues) {
        for (const place of ["before", "after"] as const) {
          const priority = priorityAt(queues, id, { id: target.id, place });
          if (priority === undefined) continue;
          expect(ids(arranged(queues, id, priority))).toEqual(ids(moved(queues, id, { id: target.id, place })));
        }
      }
    }
  });
});
