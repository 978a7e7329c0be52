import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useRef } from "react";

import { PLACES } from "./places";

const SECOND_KEY_WITHIN = 1200;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [role=dialog], [role=alertdialog]") !== null;
}

/** The keys of every page: g and a letter go to a page, / searches, ? shows the keys. */
export function useKeys(showHelp: () => void): void {
  const navigate = useNavigate();
  const goPressedAt = useRef(0);

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") {
      showHelp();
    } else if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("input[type=search]");
      if (search !== null) event.preventDefault();
      search?.focus();
    } else if (event.key === "g") {
      goPressedAt.current = event.timeStamp;
    } else if (event.timeStamp - goPressedAt.current < SECOND_KEY_WITHIN) {
      goPressedAt.current = 0;
      const place = PLACES.find((one) => one.key === event.key);
      if (place !== undefined) void navigate({ to: place.to });
    }
  });

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
