import { useEffect, useEffectEvent, useState } from "react";
import { Button, Input, Label, SearchField } from "react-aria-components";

import { readPools, readQueues } from "../../api/pools";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Choice } from "../../ui/Choice";
import { STATE_CHOICES, TIME_CHOICES, type RunsAddress } from "./search";

interface FiltersProps {
  address: RunsAddress;
  change: (changed: Partial<RunsAddress>) => void;
}

const TYPED = 300;
const SELDOM = 60_000;

/** What is asked of the runs. */
export function Filters({ address, change }: FiltersProps) {
  const pools = useLiveQuery({ key: ["pools"], read: readPools });
  const pool = address.pool ?? "";
  const queues = useLiveQuery({
    key: ["queues", pool],
    read: (signal) => readQueues(pool, signal),
    enabled: pool !== "",
    every: SELDOM,
  });
  const named = (names: string[] | undefined, all: string) => [
    { id: "", words: all },
    ...(names ?? []).map((name) => ({ id: name, words: name })),
  ];
  return (
    <div className="filters">
      <NameSearch address={address} change={change} />
      <Choice label="State" value={address.state ?? "any"} options={STATE_CHOICES} onChange={(state) => change({ state })} />
      <Choice
        label="Pool"
        value={pool}
        options={named(pools.data?.map((one) => one.name), "All pools")}
        onChange={(name) => change({ pool: name || undefined, queue: undefined })}
      />
      {pool !== "" && (
        <Choice
          label="Queue"
          value={address.queue ?? ""}
          options={named(queues.data?.map((one) => one.name), "All queues")}
          onChange={(name) => change({ queue: name || undefined })}
        />
      )}
      <Choice
        label="Time"
        value={String(address.hours ?? 0)}
        options={TIME_CHOICES}
        onChange={(hours) => change({ hours: Number(hours) || undefined })}
      />
      {address.deployment && (
        <Button className="button" onPress={() => change({ deployment: undefined })}>
          One deployment ×
        </Button>
      )}
    </div>
  );
}

/** Part of a name, asked for once typing pauses. */
function NameSearch({ address, change }: FiltersProps) {
  const [text, setText] = useState(address.text ?? "");
  const ask = useEffectEvent(() => {
    if (text !== (address.text ?? "")) change({ text: text || undefined });
  });
  useEffect(() => {
    const timer = window.setTimeout(() => ask(), TYPED);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <SearchField className="filter-text" value={text} onChange={setText}>
      <Label className="visually-hidden">Part of the name</Label>
      <Input className="input" placeholder="Part of the name  /" />
    </SearchField>
  );
}
