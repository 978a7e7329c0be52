import { useEffect, useRef, useState } from "react";
import { Button, Input, Label, SearchField, SwitchButton, SwitchField } from "react-aria-components";

import type { Log } from "../../api/logs";
import type { Run } from "../../api/runs";
import { Choice } from "../../ui/Choice";
import { Empty, Trouble } from "../../ui/Feedback";
import { useLogs } from "./useLogs";

const LEVELS = [
  { id: "0", words: "All levels" },
  { id: "20", words: "Info and above" },
  { id: "30", words: "Warnings" },
  { id: "40", words: "Errors" },
];

function levelName(level: number): string {
  if (level >= 40) return "error";
  if (level >= 30) return "warning";
  return level >= 20 ? "info" : "debug";
}

/** The lines a run writes, as it writes them; the newest are kept in view. */
export function Logs({ run }: { run: Run }) {
  const { lines, error, readOlder } = useLogs(run.id);
  const [words, setWords] = useState("");
  const [level, setLevel] = useState("0");
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const wanted = words.trim().toLowerCase();
  const shown = lines.filter((line) => line.level >= Number(level) && line.message.toLowerCase().includes(wanted));
  const newest = shown.at(-1)?.id;

  useEffect(() => {
    if (follows && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, newest]);

  return (
    <section className="panel" aria-labelledby="logs-title">
      <div className="panel-head panel-head-tools">
        <h2 id="logs-title">Logs</h2>
        <div className="page-head-end">
          <SearchField value={words} onChange={setWords}>
            <Label className="visually-hidden">Search logs</Label>
            <Input className="input" placeholder="Search logs  /" />
          </SearchField>
          <Choice label="Level" value={level} options={LEVELS} onChange={setLevel} />
          <SwitchField isSelected={follows} onChange={setFollows}>
            <SwitchButton className="switch">
              <span className="switch-track" /> Follow
            </SwitchButton>
          </SwitchField>
        </div>
      </div>
      {error !== undefined && <Trouble error={error} />}
      {lines.length === 0 ? (
        <Empty command={`penstock run logs ${run.id} --follow`}>Nothing has been written yet. To see it in a terminal once something is:</Empty>
      ) : (
        <div className="logs" ref={box} tabIndex={0} role="log" aria-label="Log lines" aria-live={follows ? "polite" : "off"}>
          {readOlder && (
            <Button className="button button-small" onPress={readOlder}>
              Show what came before
            </Button>
          )}
          {shown.map((line) => (
            <Line key={line.id} line={line} />
          ))}
          {shown.length === 0 && <p className="quiet">No line is like that.</p>}
        </div>
      )}
    </section>
  );
}

function Line({ line }: { line: Log }) {
  const name = levelName(line.level);
  return (
    <div className={`log log-${name}`}>
      <time dateTime={line.timestamp} title={line.timestamp}>
        {new Date(line.timestamp).toLocaleTimeString(undefined, { hour12: false })}
      </time>
      <span className="log-level">{name}</span>
      <span className="log-message">{line.message}</span>
    </div>
  );
}
