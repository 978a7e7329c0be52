import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { JsonEditor } from "./JsonEditor";
import { flawsOf, parseObject } from "./parse";
import { placeOf } from "./places";

const TEXT = `{
  "job_configuration": {"command": "{{ a }}", "list": [1, {"x": "]"}, "b"]},
  "variables": {
    "properties": {"a\\"b": {"type": "whole"}}
  }
}`;

function at(path: (string | number)[]): string {
  const { start, end } = placeOf(TEXT, path);
  return TEXT.slice(start, end);
}

describe("a place in JSON", () => {
  it("is that of the key or element of a path", () => {
    expect(at(["job_configuration", "list", 2])).toBe('"b"');
    expect(at(["job_configuration", "list", 1, "x"])).toBe('"x"');
    expect(at(["variables", "properties", 'a"b', "type"])).toBe('"type"');
  });

  it("is that of as much of the path as there is", () => {
    expect(at(["variables", "properties", "missing", "default"])).toBe('"properties"');
    expect(at(["job_configuration", "command", "deeper"])).toBe('"command"');
    expect(at([])).toBe("{");
    expect(placeOf("", ["a"])).toEqual({ start: 0, end: 0 });
  });

  it("is told of every fault, in the order of the text", () => {
    const faults = [
      { path: ["variables", "properties"], message: "second" },
      { path: ["job_configuration"], message: "first" },
    ];
    expect(flawsOf(TEXT, faults).map((flaw) => [flaw.line, flaw.words])).toEqual([
      [2, "job_configuration: first"],
      [4, "variables.properties: second"],
    ]);
  });

  it("is where a text stops being JSON", () => {
    expect(parseObject('{\n  "a": 1,\n  b\n}', "It")).toMatchObject({ flaw: { line: 3 } });
    expect(parseObject('{\n  "a": 1', "It")).toMatchObject({ flaw: { line: 2 } });
    expect(parseObject("[1]", "It")).toMatchObject({ flaw: { words: "It is a JSON object: { … }." } });
    expect(parseObject("{}", "It")).toEqual({ value: {} });
  });
});

it("marks the line of a flaw and leads to its place", async () => {
  const flaws = flawsOf(TEXT, [{ path: ["variables", "properties", 'a"b', "type"], message: "no type" }]);
  render(<JsonEditor label="Template" text={TEXT} change={vi.fn()} flaws={flaws} />);
  const area = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Template" });
  expect(area.getAttribute("aria-invalid")).toBe("true");
  expect(document.querySelector(".json-line-bad")?.textContent).toBe("4");
  await userEvent.click(screen.getByRole("button", { name: "line 4" }));
  expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe('"type"');
  expect(document.activeElement).toBe(area);
});
