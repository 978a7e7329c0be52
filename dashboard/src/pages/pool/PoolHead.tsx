import { updatePool, type PoolOverview } from "../../api/pools";
import { useChange } from "../../live/useChange";
import { Ago } from "../../time/Times";
import { durationWords } from "../../time/words";
import { Gauge } from "../../ui/Gauge";
import { LimitEditor } from "../../ui/LimitEditor";
import { Sparkline } from "../../ui/Sparkline";
import { StateBadge } from "../../ui/StateBadge";
import { PauseButton } from "./PauseButton";

/** The pool's name, state, limit and counts, and the button that pauses it. */
export function PoolHead({ pool }: { pool: PoolOverview }) {
  const limit = useChange({
    send: (wanted: number | null) => updatePool(pool.name, { concurrency_limit: wanted }),
    done: (wanted) => `The limit of ${pool.name} is ${wanted ?? "lifted"} now.`,
    tellsErrors: false,
  });
  return (
    <>
      <div className="page-head">
        <h1>{pool.name}</h1>
        <StateBadge status={pool.is_paused ? "PAUSED" : pool.status} />
        <span className="quiet">
          {pool.type}
          {pool.description && ` · ${pool.description}`}
        </span>
        <div className="page-head-end">
          <PauseButton pool={pool} />
        </div>
      </div>
      {pool.is_paused && (
        <p className="banner">
          Paused{pool.pause_reason && `: ${pool.pause_reason}`}. Nothing is handed out; what runs goes on.{" "}
          {pool.paused_since && <Ago moment={pool.paused_since} />}
        </p>
      )}
      <section className="panel pool-figures" aria-label="Counts">
        <div className="pool-slots">
          <div>
            <span className="card-used">{pool.active_slots}</span> {pool.concurrency_limit === null ? "·" : "of"}{" "}
            <LimitEditor of={`pool ${pool.name}`} limit={pool.concurrency_limit} save={limit.mutateAsync} />{" "}
            <span className="quiet small">slots used</span>
          </div>
          <Gauge label={`Slots of ${pool.name}`} used={pool.active_slots} limit={pool.concurrency_limit} />
        </div>
        <dl className="figures">
          <Figure name="waiting" value={pool.waiting_runs.toLocaleString()} />
          <Figure name="late" value={pool.late_runs.toLocaleString()} isWarning={pool.late_runs > 0} />
          <Figure
            name="oldest wait"
            value={pool.oldest_wait_seconds === null ? "–" : durationWords(pool.oldest_wait_seconds)}
          />
          <Figure name="workers online" value={String(pool.online_workers)} />
        </dl>
        <div className="pool-spark">
          <Sparkline counts={pool.started_per_minute} label={`Runs of ${pool.name} started`} />
          <p className="quiet small card-caption">started per minute, 30 min</p>
        </div>
      </section>
    </>
  );
}

function Figure({ name, value, isWarning = false }: { name: string; value: string; isWarning?: boolean }) {
  return (
    <div className={isWarning ? "figure figure-warn" : "figure"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
