import { useEffect, useState } from "react";

import { LOG_PAGE, readLogs, type Log } from "../../api/logs";
import { openStream } from "../../live/socket";

const ASK_EVERY = 2000;

export interface Logs {
  lines: Log[];
  error: unknown;
  /** Reads what came before; undefined when all is there. */
  readOlder: (() => void) | undefined;
}

/** Return lines with others added, each once, in the order of time. */
export function merged(lines: Log[], added: Log[]): Log[] {
  const known = new Set(lines.map((line) => line.id));
  const fresh = added.filter((line) => !known.has(line.id));
  if (fresh.length === 0) return lines;
  return [...lines, ...fresh].sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || (a.id < b.id ? -1 : 1));
}

/** The logs of a run: its newest lines, then each as it is written; asked for while the socket is closed. */
export function useLogs(run: string): Logs {
  const [lines, setLines] = useState<Log[]>([]);
  const [error, setError] = useState<unknown>();
  const [hasOlder, setHasOlder] = useState(false);

  useEffect(() => {
    const gone = new AbortController();
    let isOpen = false;
    const add = (added: Log[]) => setLines((present) => merged(present, added));

    async function readNewest(): Promise<void> {
      try {
        const newest = await readLogs(run, undefined, gone.signal);
        setHasOlder((known) => known || newest.length === LOG_PAGE);
        add(newest);
        setError(undefined);
      } catch (failed) {
        if (!gone.signal.aborted) setError(failed);
      }
    }

    const end = openStream({
      path: "/api/logs/out",
      filter: { flow_run_id: { any_: [run] } },
      onMessage: (message) => {
        if (message.type === "log") add([message.log as Log]);
      },
      onOpen: () => {
        isOpen = true;
        void readNewest();
      },
      onClose: () => {
        isOpen = false;
      },
    });
    void readNewest();
    const timer = window.setInterval(() => {
      if (!isOpen) void readNewest();
    }, ASK_EVERY);
    return () => {
      gone.abort();
      window.clearInterval(timer);
      end();
    };
  }, [run]);

  const first = lines[0];
  const readOlder = async () => {
    try {
      const older = await readLogs(run, first?.timestamp);
      const added = merged(lines, older);
      setHasOlder(older.length === LOG_PAGE && added.length > lines.length);
      setLines((present) => merged(present, older));
    } catch (failed) {
      setError(failed);
    }
  };
  return { lines, error, readOlder: hasOlder && first ? () => void readOlder() : undefined };
}
