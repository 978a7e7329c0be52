import { useState } from "react";

import type { Fault } from "../api/errors";
import { fieldsOf, isJson, type Field, type Json } from "./schema";
import { allValues, readFields, typedOf, type Typed } from "./values";

/** The parameters of a run while they are typed, in fields or as JSON. */
export interface Parameters {
  fields: Field[];
  typed: Typed;
  errors: Record<string, string>;
  isRaw: boolean;
  raw: string;
  rawError: string | undefined;
  change: (name: string, text: string) => void;
  changeRaw: (text: string) => void;
  /** Shows the fields as JSON, or the JSON in its fields; stays where the JSON can't be read. */
  show: (isRaw: boolean) => void;
  /** Returns what to send; undefined when something is wrong, which is shown then. */
  read: () => Json | undefined;
  /** Shows what the server has found wrong; returns whether all of it has a field here. */
  refuse: (faults: Fault[]) => boolean;
}

function parsed(text: string): Json | string {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : "Parameters are a JSON object: { … }.";
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : "it can't be read"}.`;
  }
}

function faultWords({ path, message }: Fault): string {
  const below = path.slice(1).join(".");
  return below ? `${below}: ${message}` : message;
}

/** Keep the parameters that a schema describes; ``given`` are those the deployment has. */
export function useParameters(schema: Json | null, given: Json): Parameters {
  const fields = fieldsOf(schema, given);
  const [typed, setTyped] = useState<Typed>({});
  // What the JSON had that no field shows.
  const [beside, setBeside] = useState<Json>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [wantsRaw, setWantsRaw] = useState(false);
  const [raw, setRaw] = useState(() => JSON.stringify(given, null, 2));
  const [rawError, setRawError] = useState<string>();
  const isRaw = wantsRaw || fields.length === 0;

  function show(toRaw: boolean): void {
    if (toRaw) {
      setRaw(JSON.stringify({ ...allValues(fields, typed, given), ...beside }, null, 2));
    } else {
      const values = parsed(raw);
      if (typeof values === "string") {
        setRawError(values);
        return;
      }
      const known = new Set(fields.map((field) => field.name));
      setTyped(typedOf(fields, values));
      setBeside(Object.fromEntries(Object.entries(values).filter(([name]) => !known.has(name))));
    }
    setRawError(undefined);
    setErrors({});
    setWantsRaw(toRaw);
  }

  function read(): Json | undefined {
    if (isRaw) {
      const values = parsed(raw);
      setRawError(typeof values === "string" ? values : undefined);
      return typeof values === "string" ? undefined : values;
    }
    const found = readFields(fields, typed);
    setErrors(found.errors);
    return Object.keys(found.errors).length > 0 ? undefined : { ...beside, ...found.values };
  }

  function refuse(faults: Fault[]): boolean {
    if (isRaw) {
      setRawError(faults.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n") || undefined);
      return faults.length > 0;
    }
    const known = new Set(fields.map((field) => field.name));
    const placed = faults.filter(({ path }) => known.has(String(path[0])));
    setErrors(Object.fromEntries(placed.map((fault) => [String(fault.path[0]), faultWords(fault)])));
    return faults.length > 0 && placed.length === faults.length;
  }

  return {
    fields, typed, errors, isRaw, raw, rawError, show, read, refuse,
    change: (name, text) => setTyped({ ...typed, [name]: text }),
    changeRaw: setRaw,
  };
}
