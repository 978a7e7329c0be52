import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";

import { followChanges } from "../live/changes";
import { useLiveStatus } from "../live/status";
import { Notices } from "../ui/Notices";
import { Help } from "./Help";
import { isWithin, PLACES } from "./places";
import { toggleTheme, useTheme } from "./theme";
import { useKeys } from "./useKeys";

const LIVE_WORDS = {
  live: "Live",
  polling: "Asking every few seconds",
  away: "The server does not answer",
};

/** What stands around every page: the bar, notices, and the keys. */
export function Shell() {
  const client = useQueryClient();
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  useEffect(() => followChanges(client), [client]);
  useKeys(() => setHelpIsOpen(true));
  const { pathname } = useLocation();
  useTitle(pathname);
  return (
    <>
      <header className="shell-bar">
        <Link to="/" className="brand">
          <img src="/favicon.svg" alt="" />
          Penstock
        </Link>
        <nav className="nav" aria-label="Pages">
          {PLACES.map((place) => (
            <Link key={place.to} to={place.to} data-within={isWithin(pathname, place)}>
              {place.words}
            </Link>
          ))}
        </nav>
        <div className="bar-end">
          <LiveDot />
          <ThemeButton />
          <Button className="icon-button" aria-label="Keys" onPress={() => setHelpIsOpen(true)}>
            ?
          </Button>
        </div>
      </header>
      <main className="page" id="main">
        <Outlet />
      </main>
      <Help isOpen={helpIsOpen} onOpenChange={setHelpIsOpen} />
      <Notices />
    </>
  );
}

function LiveDot() {
  const status = useLiveStatus();
  return (
    <span className={`live-dot live-dot-${status}`} role="status" title={LIVE_WORDS[status]}>
      <span className="live-words">{LIVE_WORDS[status]}</span>
    </span>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <Button className="icon-button" aria-label={`Change to ${other} colours`} onPress={toggleTheme}>
      {theme === "dark" ? "☀" : "☾"}
    </Button>
  );
}

function useTitle(pathname: string): void {
  useEffect(() => {
    const place = pathname.split("/").filter(Boolean).map(decodeURIComponent).join(" · ");
    document.title = place ? `${place} – Penstock` : "Penstock";
  }, [pathname]);
}
