import { readPools, readQueues } from "../../api/pools";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Choice } from "../../ui/Choice";
import { TypedSearch } from "../../ui/TypedSearch";
import { DeploymentPicker } from "./DeploymentPicker";
import { STATE_CHOICES, TIME_CHOICES, type RunsAddress } from "./search";

interface FiltersProps {
  address: RunsAddress;
  change: (changed: Partial<RunsAddress>) => void;
}

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
      <TypedSearch label="Part of the name" text={address.text ?? ""} change={(text) => change({ text: text || undefined })} />
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
      <DeploymentPicker id={address.deployment} change={(deployment) => change({ deployment })} />
    </div>
  );
}
