import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { ParameterFields } from "./ParameterFields";
import type { Json } from "./schema";
import { useParameters } from "./useParameters";

const SCHEMA = {
  properties: {
    sacks: { type: "integer", description: "How many.", minimum: 1 },
    grain: { enum: ["rye", "oats"], default: "rye" },
    mill: { type: "object" },
  },
  required: ["sacks"],
};

interface FormProps {
  schema?: Json | null;
  send: (values: Json) => void;
}

function Form({ schema = SCHEMA, send }: FormProps) {
  const parameters = useParameters(schema, { mill: { stones: 2 } });
  const refuse = () => parameters.refuse([{ path: ["mill", "stones"], message: "2 is too few" }]);
  return (
    <>
      <ParameterFields parameters={parameters} />
      <button
        onClick={() => {
          const values = parameters.read();
          if (values) send(values);
        }}
      >
        Send
      </button>
      <button onClick={refuse}>Refuse</button>
    </>
  );
}

it("says at the field what is needed, and sends what was typed", async () => {
  const user = userEvent.setup();
  const send = vi.fn();
  render(<Form send={send} />);
  await user.click(screen.getByText("Send"));
  const sacks = screen.getByRole("textbox", { name: /^sacks/ });
  expect(sacks.getAttribute("aria-invalid")).toBe("true");
  const described = sacks.getAttribute("aria-describedby")?.split(" ").map((id) => document.getElementById(id)?.textContent);
  expect(described?.join(" ")).toContain("This is needed.");
  expect(described?.join(" ")).toContain("How many. · at least 1");
  await user.type(sacks, "3");
  await user.click(screen.getByText("Send"));
  expect(send).toHaveBeenCalledExactlyOnceWith({ sacks: 3 });
});

it("shows what the server refuses at the field it is about", async () => {
  const user = userEvent.setup();
  render(<Form send={vi.fn()} />);
  await user.click(screen.getByText("Refuse"));
  expect(screen.getByText("stones: 2 is too few")).toBeTruthy();
  expect(screen.getByRole("textbox", { name: "mill" }).getAttribute("aria-invalid")).toBe("true");
});

it("keeps what was typed when it is shown as JSON, and back", async () => {
  const user = userEvent.setup();
  const send = vi.fn();
  render(<Form send={send} />);
  await user.type(screen.getByRole("textbox", { name: /^sacks/ }), "3");
  await user.click(screen.getByText("Write them as JSON"));
  const raw = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Parameters as JSON" });
  expect(JSON.parse(raw.value)).toEqual({ sacks: 3, grain: "rye", mill: { stones: 2 } });
  await user.clear(raw);
  await user.type(raw, "[[1]");
  await user.click(screen.getByText("Show them as fields"));
  expect(screen.getByText("Parameters are a JSON object: { … }.")).toBeTruthy();
  await user.clear(raw);
  await user.type(raw, '{{"sacks": 4, "night": true}');
  await user.click(screen.getByText("Show them as fields"));
  expect(screen.getByRole("textbox", { name: /^sacks/ })).toHaveProperty("value", "4");
  await user.click(screen.getByText("Send"));
  expect(send).toHaveBeenCalledExactlyOnceWith({ night: true, sacks: 4 });
});

it("takes JSON where there is no schema", async () => {
  const user = userEvent.setup();
  const send = vi.fn();
  render(<Form schema={null} send={send} />);
  expect(screen.queryByText("Show them as fields")).toBeNull();
  await user.click(screen.getByText("Send"));
  expect(send).toHaveBeenCalledExactlyOnceWith({ mill: { stones: 2 } });
});
