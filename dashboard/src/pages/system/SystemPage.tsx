import { useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";

import { readApiVersion, readClientRelease, readReadiness, readSettings } from "../../api/system";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Loading, Trouble } from "../../ui/Feedback";
import { StateBadge } from "../../ui/StateBadge";
import { Doctor } from "./Doctor";

const SELDOM = 60_000;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "–");
}

/** The server itself: whether it and its database answer, whether all is as it should be, its settings. */
export function SystemPage() {
  return (
    <>
      <div className="page-head">
        <h1>System</h1>
      </div>
      <Server />
      <Doctor />
      <Settings />
    </>
  );
}

function Server() {
  const ready = useLiveQuery({ key: ["ready"], read: readReadiness });
  const version = useLiveQuery({ key: ["version"], read: readApiVersion, every: SELDOM });
  const release = useLiveQuery({ key: ["release"], read: readClientRelease, every: SELDOM });
  const settings = useLiveQuery({ key: ["settings"], read: readSettings, every: SELDOM });
  return (
    <section className="panel" aria-label="Server">
      {ready.isError && <Trouble error={ready.error} />}
      <dl className="facts">
        <div>
          <dt>database</dt>
          <dd>
            <StateBadge status={ready.isError ? "FAILED" : "READY"} words={ready.isError ? "does not answer" : "answers"} />
          </dd>
        </div>
        <div>
          <dt>version of the API</dt>
          <dd>{version.data ?? "–"}</dd>
        </div>
        <div>
          <dt>serves clients of Prefect</dt>
          <dd>{release.data ?? "–"}</dd>
        </div>
        <div className="fact-wide">
          <dt>kept in</dt>
          <dd>
            <code>{textOf(settings.data?.database_url)}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Settings() {
  const read = useLiveQuery({ key: ["settings"], read: readSettings, every: SELDOM });
  const [words, setWords] = useState("");
  const shown = Object.entries(read.data ?? {}).filter(([name]) => name.includes(words.trim().toLowerCase()));
  return (
    <section className="panel" aria-labelledby="settings-title">
      <div className="panel-head">
        <h2 id="settings-title">Settings</h2>
        <span className="quiet small">each is PENSTOCK_ and its name in the environment of the server</span>
        <SearchField className="panel-search" value={words} onChange={setWords}>
          <Label className="visually-hidden">Search settings</Label>
          <Input className="input" placeholder="Search settings  /" />
        </SearchField>
      </div>
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      <dl className="settings">
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{textOf(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
