import { useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";

import { readSettings } from "../../api/system";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Loading, Trouble } from "../../ui/Feedback";
import { settingWords } from "./words";

const SELDOM = 60_000;

/** What the server was told by its environment, or takes for granted. */
export function Settings() {
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
      {read.data && shown.length === 0 && <p className="quiet">No setting has “{words}” in its name.</p>}
      <dl className="settings">
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{settingWords(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
