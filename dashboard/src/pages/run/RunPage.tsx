import { Link, useParams } from "@tanstack/react-router";

import { readDeployment } from "../../api/deployments";
import { readRun, type Run } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago, Lasting } from "../../time/Times";
import { Fact } from "../../ui/Fact";
import { Loading, Trouble } from "../../ui/Feedback";
import { Json } from "../../ui/Json";
import { StateBadge } from "../../ui/StateBadge";
import { Explain } from "./Explain";
import { Logs } from "./Logs";
import { RunButtons } from "./RunButtons";
import { States } from "./States";

const SELDOM = 60_000;
const WAITS = new Set(["SCHEDULED", "PAUSED"]);

/** One run: where it stands and why, its states, its logs, and what it was given. */
export function RunPage() {
  const { run: id } = useParams({ from: "/runs/$run" });
  const read = useLiveQuery({ key: ["run", id], read: (signal) => readRun(id, signal) });
  if (read.isPending) return <Loading />;
  if (read.data === undefined || (read.isError && read.data.id !== id)) return <Trouble error={read.error} />;
  const run = read.data;
  return (
    <>
      <div className="page-head">
        <h1>{run.name}</h1>
        <StateBadge status={run.state_type} words={run.state_name} />
        {run.state?.message && <span className="quiet">{run.state.message}</span>}
        <div className="page-head-end">
          <RunButtons run={run} />
        </div>
      </div>
      {WAITS.has(run.state_type ?? "") && <Explain run={id} />}
      <Facts run={run} />
      <Logs key={id} run={run} />
      <div className="columns">
        <States run={id} />
        <Given run={run} />
      </div>
    </>
  );
}

function Facts({ run }: { run: Run }) {
  return (
    <section className="panel" aria-label="Facts">
      <dl className="facts">
        <Fact name="pool">
          {run.work_pool_name ? (
            <Link to="/pools/$pool" params={{ pool: run.work_pool_name }}>
              {run.work_pool_name}
            </Link>
          ) : (
            "none"
          )}
        </Fact>
        <Fact name="queue">{run.work_queue_name ?? "none"}</Fact>
        {run.deployment_id && <DeploymentFact id={run.deployment_id} />}
        <Fact name="due">
          <Ago moment={run.next_scheduled_start_time ?? run.expected_start_time} />
        </Fact>
        <Fact name={run.end_time || !run.start_time ? "ran" : "has run for"}>
          <Lasting since={run.start_time} until={run.end_time} />
        </Fact>
        <Fact name="worker">{run.worker_name ?? "none"}</Fact>
        <Fact name="attempt">{String(run.attempt)}</Fact>
        {run.lease_expires_at && (
          <Fact name="lease ends">
            <Ago moment={run.lease_expires_at} />
          </Fact>
        )}
        {run.infra_failures > 0 && <Fact name="lost attempts">{String(run.infra_failures)}</Fact>}
        {run.tags.length > 0 && <Fact name="tags">{run.tags.join(", ")}</Fact>}
        <Fact name="id" isWide>
          <code>{run.id}</code>
        </Fact>
      </dl>
    </section>
  );
}

function DeploymentFact({ id }: { id: string }) {
  const read = useLiveQuery({ key: ["deployment", id], read: (signal) => readDeployment(id, signal), every: SELDOM });
  return (
    <Fact name="deployment">
      <Link to="/deployments/$deployment" params={{ deployment: id }}>
        {read.data?.name ?? "deployment"}
      </Link>
    </Fact>
  );
}

function Given({ run }: { run: Run }) {
  return (
    <section className="panel" aria-labelledby="given-title">
      <div className="panel-head">
        <h2 id="given-title">Parameters and job variables</h2>
      </div>
      <Json label="Parameters" value={run.parameters} />
      <Json label="Job variables" value={run.job_variables} />
    </section>
  );
}
