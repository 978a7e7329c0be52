import { Button } from "react-aria-components";

import { drainWorker, forgetWorker, readWorkers, resumeWorker, type Worker } from "../../api/pools";
import { readHolders } from "../../api/runs";
import { useChange } from "../../live/useChange";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago } from "../../time/Times";
import { Confirm } from "../../ui/Confirm";
import { counted } from "../../ui/counted";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { StateBadge } from "../../ui/StateBadge";

/** The workers of a pool: who is there, what each holds, and how to send one away. */
export function Workers({ pool }: { pool: string }) {
  const workers = useLiveQuery({ key: ["workers", pool], read: (signal) => readWorkers(pool, signal) });
  const holders = useLiveQuery({ key: ["holders", pool], read: (signal) => readHolders(pool, signal) });
  return (
    <section className="panel" aria-labelledby="workers-title">
      <div className="panel-head">
        <h2 id="workers-title">Workers</h2>
      </div>
      {workers.isError && <Trouble error={workers.error} />}
      {workers.isPending && <Loading />}
      {workers.data?.length === 0 && (
        <Empty command={`penstock worker start --pool ${shellWord(pool)}`}>No worker has been heard of. To start one:</Empty>
      )}
      <ul className="workers">
        {workers.data?.map((worker) => (
          <WorkerRow
            key={worker.id}
            pool={pool}
            worker={worker}
            holds={(holders.data ?? []).filter((run) => run.worker_name === worker.name).map((run) => run.name)}
          />
        ))}
      </ul>
    </section>
  );
}

const NAMED = 4;

function WorkerRow({ pool, worker, holds }: { pool: string; worker: Worker; holds: string[] }) {
  const isDraining = worker.draining_since !== null;
  const status = isDraining && worker.status === "ONLINE" ? "DRAINING" : worker.status;
  const named = holds.slice(0, NAMED).join(", ");
  const more = worker.held_runs - Math.min(holds.length, NAMED);
  return (
    <li className="worker">
      <div className="worker-words">
        <div>
          <strong>{worker.name}</strong> <StateBadge status={status} />
        </div>
        <div className="quiet small">
          heard of <Ago moment={worker.last_heartbeat_time} /> ·{" "}
          {worker.held_runs === 0 ? "holds nothing" : `holds ${worker.held_runs}: ${named}${more > 0 ? ` and ${more} more` : ""}`}
        </div>
      </div>
      <WorkerButtons pool={pool} worker={worker} isDraining={isDraining} />
    </li>
  );
}

function WorkerButtons({ pool, worker, isDraining }: { pool: string; worker: Worker; isDraining: boolean }) {
  const { name } = worker;
  const drain = useChange({
    send: () => drainWorker(pool, name),
    done: (_, status) => `${name} gets no more runs; it still holds ${status.held_runs}.`,
  });
  const resume = useChange({ send: () => resumeWorker(pool, name), done: () => `${name} gets runs again.` });
  const forget = useChange({ send: () => forgetWorker(pool, name), done: () => `${name} is forgotten.` });
  return (
    <div className="worker-buttons">
      {worker.status === "OFFLINE" && (
        <Confirm
          trigger={
            <Button className="button button-small" aria-label={`Forget ${name}`}>
              Forget
            </Button>
          }
          title={`Forget ${name}?`}
          action="Forget"
          isBad
          onConfirm={() => forget.mutate(undefined)}
        >
          <p>It leaves the list of {pool}. What it holds, {counted(worker.held_runs, "run")}, is given to others. If it comes back, it is on the list again.</p>
        </Confirm>
      )}
      {isDraining ? (
        <Button className="button button-small" aria-label={`Resume ${name}`} onPress={() => resume.mutate(undefined)}>
          Resume
        </Button>
      ) : (
        <Button className="button button-small" aria-label={`Drain ${name}`} onPress={() => drain.mutate(undefined)}>
          Drain
        </Button>
      )}
    </div>
  );
}
