import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const KEY = "penstock.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): Theme | null {
  const found = window.localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : null;
}

function current(): Theme {
  return stored() ?? (system.matches ? "dark" : "light");
}

let theme = current();

function apply(): void {
  theme = current();
  document.documentElement.dataset.theme = theme;
  listeners.forEach((call) => call());
}

/** Follow the machine's theme until a person chooses one. */
export function followTheme(): void {
  apply();
  system.addEventListener("change", apply);
}

export function toggleTheme(): void {
  window.localStorage.setItem(KEY, theme === "dark" ? "light" : "dark");
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
