import { Link } from "@tanstack/react-router";

import type { PoolOverview } from "../../api/pools";
import { durationWords } from "../../time/words";
import { Gauge, slotWords } from "../../ui/Gauge";
import { Sparkline } from "../../ui/Sparkline";
import { StateBadge } from "../../ui/StateBadge";

/** One pool: how full it is, what waits, who works, and how it went lately. */
export function PoolCard({ pool }: { pool: PoolOverview }) {
  const starts = pool.started_per_minute.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return (
    <li className="card panel">
      <div className="card-head">
        <h2>
          <Link to="/pools/$pool" params={{ pool: pool.name }} className="card-link">
            {pool.name}
          </Link>
        </h2>
        <StateBadge status={pool.is_paused ? "PAUSED" : pool.status} />
      </div>
      {pool.is_paused && pool.pause_reason && <p className="quiet small">{pool.pause_reason}</p>}
      <div>
        <div className="card-slots">
          <span className="card-used">{slotWords(pool.active_slots, pool.concurrency_limit)}</span>
          <span className="quiet small">{pool.concurrency_limit === null ? "running, no limit" : "slots used"}</span>
        </div>
        <Gauge label={`Slots of ${pool.name}`} used={pool.active_slots} limit={pool.concurrency_limit} />
      </div>
      <dl className="card-facts">
        <Fact name="waiting" value={pool.waiting_runs.toLocaleString()} />
        <Fact name="late" value={pool.late_runs.toLocaleString()} isWarning={pool.late_runs > 0} />
        <Fact
          name="oldest wait"
          value={pool.oldest_wait_seconds === null ? "–" : durationWords(pool.oldest_wait_seconds)}
        />
        <Fact
          name="workers"
          value={String(pool.online_workers)}
          isWarning={pool.online_workers === 0 && pool.waiting_runs > 0}
        />
      </dl>
      <div>
        <Sparkline counts={pool.started_per_minute} label={`Runs of ${pool.name} started`} />
        <p className="quiet small card-caption">{starts.toLocaleString()} started in 30 min</p>
      </div>
    </li>
  );
}

function Fact({ name, value, isWarning = false }: { name: string; value: string; isWarning?: boolean }) {
  return (
    <div className={isWarning ? "figure figure-warn" : "figure"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
