import { describe, expect, it } from "vitest";

import { fieldsOf } from "./schema";
import { allValues, readFields, shownText, typedOf } from "./values";

const SCHEMA = {
  type: "object",
  properties: {
    stones: { type: "integer", title: "Mill stones", position: 1, minimum: 1, maximum: 4 },
    grain: { $ref: "#/definitions/Grain", position: 0, default: "rye" },
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null, position: 2 },
    ratio: { type: ["number", "null"], position: 3 },
    sifted: { type: "boolean", default: true, position: 4 },
    sacks: { type: "array", items: { type: "integer" }, position: 5 },
    mill: { allOf: [{ $ref: "#/$defs/Mill" }], position: 6 },
    either: { anyOf: [{ type: "string" }, { type: "integer" }], position: 7 },
  },
  required: ["stones"],
  definitions: { Grain: { title: "Grain", enum: ["rye", "oats", 7] } },
  $defs: { Mill: { type: "object", description: "Which mill." } },
};
const fields = fieldsOf(SCHEMA, {});
const field = (name: string) => fields.find((one) => one.name === name);

describe("the fields of a schema", () => {
  it("come in the order of the flow's parameters, each of its kind", () => {
    expect(fields.map((one) => [one.name, one.kind])).toEqual([
      ["grain", "choice"],
      ["stones", "integer"],
      ["note", "text"],
      ["ratio", "number"],
      ["sifted", "choice"],
      ["sacks", "json"],
      ["mill", "json"],
      ["either", "json"],
    ]);
  });

  it("follow references and know what else is said", () => {
    expect(field("grain")).toMatchObject({ label: "Grain", choices: ["rye", "oats", 7], initial: "rye" });
    expect(field("stones")).toMatchObject({ label: "Mill stones", isRequired: true, hint: "at least 1, at most 4" });
    expect(field("mill")).toMatchObject({ shape: "object", description: "Which mill." });
    expect([field("note")?.takesNull, field("ratio")?.takesNull, field("sifted")?.takesNull]).toEqual([true, true, false]);
  });

  it("begin with what the deployment says", () => {
    expect(fieldsOf(SCHEMA, { stones: 3 }).find((one) => one.name === "stones")?.initial).toBe(3);
  });

  it("are none where there is no schema, and end where references never do", () => {
    expect(fieldsOf(null, {})).toEqual([]);
    const endless = { properties: { a: { $ref: "#/definitions/A" } }, definitions: { A: { $ref: "#/definitions/A" } } };
    expect(fieldsOf(endless, {})[0]?.kind).toBe("json");
    const itself = { properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: { anyOf: [{ $ref: "#/$defs/A" }, { type: "null" }] } } };
    expect(fieldsOf(itself, {})[0]?.takesNull).toBe(true);
    expect(fieldsOf({ properties: { a: { $ref: "http://elsewhere/x" }, b: true } }, {}).length).toBe(2);
  });
});

describe("what was typed", () => {
  it("is sent where somebody typed, as what the schema asks for", () => {
    const typed = { stones: " 2 ", note: "", ratio: "0.5", sifted: "1", sacks: "[1, 2]", grain: "2" };
    expect(readFields(fields, typed)).toEqual({
      values: { stones: 2, note: null, ratio: 0.5, sifted: false, sacks: [1, 2], grain: 7 },
      errors: {},
    });
  });

  it("is refused at its field", () => {
    const { errors } = readFields(fields, { stones: "2.5", ratio: "much", sacks: "{}", mill: "{" });
    expect(errors).toMatchObject({ stones: "A whole number, please.", ratio: "This is no number.", sacks: "A JSON list: [ … ]." });
    expect(errors.mill).toMatch(/^This is no JSON: /);
    expect(readFields(fields, {}).errors).toEqual({ stones: "This is needed." });
    expect(readFields(fields, { stones: "" }).errors).toEqual({ stones: "This is needed." });
  });

  it("is the same in the raw form and back", () => {
    const values = allValues(fields, { stones: "2" }, { extra: 1 });
    expect(values).toEqual({ grain: "rye", note: null, sifted: true, stones: 2, extra: 1 });
    expect(typedOf(fields, { ...values, sifted: false })).toEqual({ stones: "2", sifted: "1" });
  });

  it("is shown as it stands in the schema until then", () => {
    expect(fields.map((one) => shownText(one, {}))).toEqual(["0", "", "", "", "0", "", "", ""]);
  });
});
