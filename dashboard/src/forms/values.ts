import type { Field, Json } from "./schema";

/** What was typed, by field; fields that nobody touched are absent. */
export type Typed = Record<string, string>;

export interface Read {
  /** The values to send: those of the fields that were touched. */
  values: Json;
  /** What is wrong, by field. */
  errors: Record<string, string>;
}

/** Return how a field shows a value. */
export function shownValue(field: Field, value: unknown): string {
  if (value === undefined) return "";
  if (field.kind === "choice") {
    const index = field.choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value));
    return index < 0 ? "" : String(index);
  }
  if (value === null && field.kind !== "json") return "";
  if (typeof value === "string" && field.kind !== "json") return value;
  return value === null ? "" : JSON.stringify(value, null, field.kind === "json" ? 2 : 0);
}

/** Return what a field shows now. */
export function shownText(field: Field, typed: Typed): string {
  return typed[field.name] ?? shownValue(field, field.initial);
}

class Unreadable extends Error {}

/** Return the value that was typed; undefined for none, so that the field is left out. */
function valueOf(field: Field, typed: string): unknown {
  if (typed.trim() === "" && (field.kind !== "text" || field.takesNull)) return emptyOf(field);
  switch (field.kind) {
    case "text":
      return typed;
    case "choice":
      return field.choices[Number(typed)];
    case "json":
      return jsonOf(field, typed);
    default: {
      const number = Number(typed);
      if (Number.isNaN(number)) throw new Unreadable("This is no number.");
      if (field.kind === "integer" && !Number.isInteger(number)) throw new Unreadable("A whole number, please.");
      return number;
    }
  }
}

function emptyOf(field: Field): unknown {
  if (field.takesNull) return null;
  if (field.isRequired) throw new Unreadable("This is needed.");
  return undefined;
}

function jsonOf(field: Field, typed: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(typed);
  } catch (error) {
    throw new Unreadable(`This is no JSON: ${error instanceof Error ? error.message : "it can't be read"}.`);
  }
  if (field.shape === "array" && !Array.isArray(value)) throw new Unreadable("A JSON list: [ … ].");
  if (field.shape === "object" && (typeof value !== "object" || Array.isArray(value))) {
    throw new Unreadable("A JSON object: { … }.");
  }
  return value;
}

/** Read the fields that were touched, and see that nothing needed is missing. */
export function readFields(fields: Field[], typed: Typed): Read {
  const read: Read = { values: {}, errors: {} };
  for (const field of fields) {
    const text = typed[field.name];
    try {
      const value = text === undefined ? undefined : valueOf(field, text);
      if (value !== undefined) read.values[field.name] = value;
      else if (field.isRequired && field.initial === undefined) read.errors[field.name] = "This is needed.";
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      read.errors[field.name] = error.message;
    }
  }
  return read;
}

/** Return all values together, as the raw form shows them: what counts already, and what was typed. */
export function allValues(fields: Field[], typed: Typed, given: Json): Json {
  const initial = Object.fromEntries(
    fields.filter((field) => field.initial !== undefined).map((field) => [field.name, field.initial]),
  );
  return { ...initial, ...given, ...readFields(fields, typed).values };
}

/** Return what would have to be typed for these values. */
export function typedOf(fields: Field[], values: Json): Typed {
  const typed: Typed = {};
  for (const field of fields) {
    if (!(field.name in values)) continue;
    const text = shownValue(field, values[field.name]);
    if (text !== shownValue(field, field.initial)) typed[field.name] = text;
  }
  return typed;
}
