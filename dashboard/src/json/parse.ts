import type { Fault } from "../api/errors";
import { lineAt, placeOf, syntaxErrorAt } from "./places";

/** What is wrong at a place of a text. */
export interface Flaw {
  start: number;
  end: number;
  line: number;
  words: string;
}

function flawAt(text: string, start: number, end: number, words: string): Flaw {
  return { start, end, line: lineAt(text, start), words };
}

/** Return the object that a text is, or what keeps it from being one. */
export function parseObject(text: string, what: string): { value: Record<string, unknown> } | { flaw: Flaw } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "it can't be read";
    const at = syntaxErrorAt(text, message) ?? text.length;
    return { flaw: flawAt(text, at, at + 1, `This is no JSON: ${message}`) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { flaw: flawAt(text, 0, text.length, `${what} is a JSON object: { … }.`) };
  }
  return { value: value as Record<string, unknown> };
}

/** Return faults as flaws of the text that they are about, in the order of the text. */
export function flawsOf(text: string, faults: Fault[]): Flaw[] {
  const flaws = faults.map(({ path, message }) => {
    const { start, end } = placeOf(text, path);
    return flawAt(text, start, end, path.length > 0 ? `${path.join(".")}: ${message}` : message);
  });
  return flaws.sort((a, b) => a.start - b.start);
}
