import type { SyntheticEvent } from "react";
import type { DragAndDropHooks } from "react-aria-components";

/**
 * Return what keeps a list from beginning a second drag while one by keys is getting ready: the drag
 * itself takes keys and clicks only from the next frame on.
 */
export function oneDrag(hooks: DragAndDropHooks) {
  function hold(event: SyntheticEvent): void {
    if (hooks.isVirtualDragging?.() !== true) return;
    event.preventDefault();
    event.stopPropagation();
  }
  return { onKeyDownCapture: hold, onClickCapture: hold };
}
