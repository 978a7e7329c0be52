import type { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { followChanges } from "./changes";

/** A socket of which a test says when it has a message. */
class FakeSocket {
  static last: FakeSocket;
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;
  send = vi.fn();
  close = vi.fn();

  constructor() {
    FakeSocket.last = this;
  }
}

const invalidateQueries = vi.fn();
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  invalidateQueries.mockClear();
  end = followChanges({ invalidateQueries } as unknown as QueryClient);
});

afterEach(() => {
  end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function change(): void {
  FakeSocket.last.onmessage?.({ data: "{}" });
}

test("many changes are one look in a second, and one more when all is quiet", () => {
  for (let number = 0; number < 20; number++) change();
  vi.advanceTimersByTime(1000);
  expect(invalidateQueries).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect(invalidateQueries).toHaveBeenCalledTimes(2);
});

test("changes that go on are followed, and the last look comes after the last of them", () => {
  for (let second = 0; second < 5; second++) {
    change();
    vi.advanceTimersByTime(1000);
  }
  expect(invalidateQueries).toHaveBeenCalledTimes(5);
  vi.advanceTimersByTime(60_000);
  expect(invalidateQueries).toHaveBeenCalledTimes(6);
});

test("nothing is read after the end", () => {
  change();
  end();
  vi.advanceTimersByTime(60_000);
  expect(invalidateQueries).not.toHaveBeenCalled();
});
