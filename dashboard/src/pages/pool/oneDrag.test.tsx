import { fireEvent, render, screen } from "@testing-library/react";
import { Button, GridList, GridListItem, useDragAndDrop } from "react-aria-components";
import { afterEach, expect, it, vi } from "vitest";

import { oneDrag } from "./oneDrag";

afterEach(() => vi.restoreAllMocks());

function List({ began }: { began: () => void }) {
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": String(key) })),
    onReorder: () => undefined,
    onDragStart: began,
  });
  return (
    <div {...oneDrag(dragAndDropHooks)}>
      <GridList aria-label="Queues" dragAndDropHooks={dragAndDropHooks}>
        {["critical", "bulk"].map((name) => (
          <GridListItem key={name} id={name} textValue={name}>
            <Button slot="drag" aria-label={`Move ${name}`} />
          </GridListItem>
        ))}
      </GridList>
    </div>
  );
}

function press(element: Element): void {
  fireEvent.keyDown(element, { key: "Enter" });
  fireEvent.keyUp(element, { key: "Enter" });
}

it("begins one drag, however often a handle is pressed before it is ready", () => {
  const frames: FrameRequestCallback[] = [];
  vi.spyOn(window, "requestAnimationFrame").mockImplementation((call) => frames.push(call));
  const began = vi.fn();
  render(<List began={began} />);
  const handle = screen.getByRole("button", { name: "Move bulk" });
  handle.focus();
  press(handle);
  press(handle);
  fireEvent.click(handle, { detail: 0 });
  press(screen.getByRole("button", { name: "Move critical" }));
  expect(began).toHaveBeenCalledTimes(1);
  frames.forEach((call) => call(0));
  fireEvent.keyDown(handle, { key: "Escape" });
});
