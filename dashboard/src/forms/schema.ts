export type Json = Record<string, unknown>;

/** One value that a schema asks for, as a field of a form. */
export interface Field {
  name: string;
  label: string;
  description: string | undefined;
  kind: "text" | "number" | "integer" | "choice" | "json";
  /** What JSON the field takes, where it takes only one kind. */
  shape: "array" | "object" | undefined;
  isRequired: boolean;
  takesNull: boolean;
  choices: unknown[];
  /** What counts while nobody has typed anything; undefined where there is nothing. */
  initial: unknown;
  /** Further rules in words. */
  hint: string | undefined;
}

const MOST_STEPS = 20;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pointed(root: Json, reference: string): unknown {
  if (!reference.startsWith("#/")) return undefined;
  const keys = reference.slice(2).split("/").map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce<unknown>((value, key) => (isJson(value) ? value[key] : undefined), root);
}

/** Return a schema with its references followed, and with what it says itself on top. */
function resolved(schema: Json, root: Json): Json {
  let result = schema;
  for (let step = 0; step < MOST_STEPS; step++) {
    const all = Array.isArray(result.allOf) && result.allOf.length === 1 ? (result.allOf as unknown[])[0] : undefined;
    const next = typeof result.$ref === "string" ? pointed(root, result.$ref) : all;
    if (!isJson(next)) break;
    const own = Object.fromEntries(Object.entries(result).filter(([key]) => key !== "$ref" && key !== "allOf"));
    result = { ...next, ...own };
  }
  return result;
}

function typesOf(schema: Json): unknown[] {
  if (Array.isArray(schema.type)) return schema.type;
  return schema.type === undefined ? [] : [schema.type];
}

function isNull(schema: Json): boolean {
  return schema.type === "null" || ("const" in schema && schema.const === null);
}

/** Return a schema without the null it takes besides, and whether it takes it. */
function withoutNull(schema: Json, root: Json, step = 0): [Json, boolean] {
  const options = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(options) && step < MOST_STEPS) {
    const found = options.filter(isJson).map((one) => resolved(one, root));
    const others = found.filter((one) => !isNull(one));
    const own = Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "anyOf" && key !== "oneOf"));
    const takesNull = others.length < found.length;
    if (others.length === 1 && others[0]) {
      const [only, nested] = withoutNull(others[0], root, step + 1);
      return [{ ...only, ...own }, takesNull || nested];
    }
    const choices = others.flatMap((one) => choicesOf(one));
    return [others.every((one) => choicesOf(one).length > 0) ? { ...own, enum: choices } : own, takesNull];
  }
  const types = typesOf(schema);
  if (!types.includes("null")) return [schema, Array.isArray(schema.enum) && schema.enum.includes(null)];
  const rest = types.filter((type) => type !== "null");
  return [{ ...schema, type: rest.length === 1 ? rest[0] : rest }, true];
}

function choicesOf(schema: Json): unknown[] {
  if ("const" in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum.filter((one) => one !== null);
  return schema.type === "boolean" ? [true, false] : [];
}

function kindOf(schema: Json): Pick<Field, "kind" | "shape" | "choices"> {
  const choices = choicesOf(schema);
  if (choices.length > 0) return { kind: "choice", shape: undefined, choices };
  const { type } = schema;
  if (type === "string") return { kind: "text", shape: undefined, choices };
  if (type === "number" || type === "integer") return { kind: type, shape: undefined, choices };
  return { kind: "json", shape: type === "array" || type === "object" ? type : undefined, choices };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function shown(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : undefined;
}

function hintOf(schema: Json): string | undefined {
  const rules: [string | undefined, string][] = [
    [shown(schema.minimum), "at least"],
    [shown(schema.exclusiveMinimum), "more than"],
    [shown(schema.maximum), "at most"],
    [shown(schema.exclusiveMaximum), "less than"],
    [shown(schema.minLength), "characters at least:"],
    [shown(schema.maxLength), "characters at most:"],
    [text(schema.pattern), "like"],
    [text(schema.format), "as"],
  ];
  return rules.flatMap(([value, words]) => (value === undefined ? [] : [`${words} ${value}`])).join(", ") || undefined;
}

function fieldOf(name: string, property: Json, root: Json, isRequired: boolean, given: Json): Field {
  const [schema, takesNull] = withoutNull(resolved(property, root), root);
  return {
    name,
    label: text(schema.title) ?? name,
    description: text(schema.description),
    ...kindOf(schema),
    isRequired,
    takesNull,
    initial: name in given ? given[name] : schema.default,
    hint: hintOf(schema),
  };
}

/**
 * Return the fields for the properties of a schema, in its own order where it gives one. ``given`` are
 * the values that count already.
 */
export function fieldsOf(schema: Json | null | undefined, given: Json): Field[] {
  if (!isJson(schema) || !isJson(schema.properties)) return [];
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const fields = Object.entries(schema.properties).map(([name, property]) => ({
    place: isJson(property) && typeof property.position === "number" ? property.position : Infinity,
    field: fieldOf(name, isJson(property) ? property : {}, schema, required.includes(name), given),
  }));
  return fields.sort((a, b) => (a.place === b.place ? 0 : a.place - b.place)).map((one) => one.field);
}
