import { useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";

import { readPools, type PoolOverview } from "../../api/pools";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { PoolCard } from "./PoolCard";

/** All pools as cards, the most pressing facts of each. */
export function OverviewPage() {
  const pools = useLiveQuery({ key: ["pools"], read: readPools });
  const [words, setWords] = useState("");
  return (
    <>
      <div className="page-head">
        <h1>Pools</h1>
        <div className="page-head-end">
          <SearchField value={words} onChange={setWords}>
            <Label className="visually-hidden">Search pools</Label>
            <Input className="input" placeholder="Search pools  /" />
          </SearchField>
        </div>
      </div>
      {pools.isError && <Trouble error={pools.error} />}
      {pools.isPending && <Loading />}
      {pools.data && <Pools pools={pools.data} words={words} />}
    </>
  );
}

function Pools({ pools, words }: { pools: PoolOverview[]; words: string }) {
  if (pools.length === 0) {
    return (
      <Empty command="penstock pool create mill --limit 2">
        There is no work pool yet. Runs wait in the queues of a pool, and workers take them from there:
      </Empty>
    );
  }
  const shown = pools.filter((pool) => pool.name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <>
      <Totals pools={pools} />
      {shown.length === 0 && <Empty command={`penstock pool create ${shellWord(words.trim())}`}>No pool has “{words}” in its name. To make one:</Empty>}
      <ul className="cards">
        {shown.map((pool) => (
          <PoolCard key={pool.id} pool={pool} />
        ))}
      </ul>
    </>
  );
}

function Totals({ pools }: { pools: PoolOverview[] }) {
  const sum = (count: (pool: PoolOverview) => number) => pools.reduce((total, pool) => total + count(pool), 0);
  const late = sum((pool) => pool.late_runs);
  const figures: [string, number, boolean][] = [
    ["running", sum((pool) => pool.active_slots), false],
    ["waiting", sum((pool) => pool.waiting_runs), false],
    ["late", late, late > 0],
    ["workers online", sum((pool) => pool.online_workers), false],
  ];
  return (
    <dl className="figures panel">
      {figures.map(([name, count, isWarning]) => (
        <div key={name} className={isWarning ? "figure figure-warn" : "figure"}>
          <dt>{name}</dt>
          <dd>{count.toLocaleString()}</dd>
        </div>
      ))}
    </dl>
  );
}
