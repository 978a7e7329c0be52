import { Link } from "@tanstack/react-router";

import { updateDeployment, type Deployment, type DeploymentOutlook } from "../../api/deployments";
import { useChange } from "../../live/useChange";
import { Lasting } from "../../time/Times";
import { COLLISIONS } from "../../ui/collisions";
import { Gauge } from "../../ui/Gauge";
import { LimitEditor } from "../../ui/LimitEditor";
import { RunLink } from "../../ui/RunLink";

interface SlotsProps {
  deployment: Deployment;
  outlook: DeploymentOutlook | undefined;
}

/** The limit of a deployment, which may be one that it shares, and who holds its slots. */
export function Slots({ deployment, outlook }: SlotsProps) {
  const limit = deployment.global_concurrency_limit;
  const change = useChange({
    send: (wanted: number | null) => updateDeployment(deployment.id, { concurrency_limit: wanted }),
    done: (wanted) => `The limit of ${deployment.name} is ${wanted ?? "lifted"} now.`,
    tellsErrors: false,
  });
  const isShared = limit !== null && limit.name !== `deployment:${deployment.id}`;
  const owners = outlook?.slot_owners ?? [];
  return (
    <section className="panel" aria-labelledby="slots-title">
      <div className="panel-head">
        <h2 id="slots-title">Limit</h2>
        {isShared && <span className="quiet small">shared with all that use “{limit.name}”</span>}
      </div>
      <p>
        <span className="card-used">{limit?.active_slots ?? 0}</span> {limit === null ? "·" : "of"}{" "}
        {isShared ? (
          limit.limit
        ) : (
          <LimitEditor of={`deployment ${deployment.name}`} limit={limit?.limit ?? null} save={change.mutateAsync} />
        )}{" "}
        <span className="quiet small">slots used</span>
      </p>
      {limit && <Gauge label={`Slots of ${deployment.name}`} used={limit.active_slots} limit={limit.limit} />}
      {limit && (
        <p className="quiet small">{COLLISIONS[deployment.concurrency_options?.collision_strategy ?? "ENQUEUE"]}</p>
      )}
      <ul className="holders">
        {owners.map((owner, index) => (
          <li key={owner.flow_run_id ?? index}>
            {owner.flow_run_id ? (
              <RunLink run={{ id: owner.flow_run_id, name: owner.name ?? owner.flow_run_id }} />
            ) : (
              (owner.name ?? "a client")
            )}{" "}
            <span className="quiet small">
              {owner.worker_name && `on ${owner.worker_name} `}for <Lasting since={owner.since} />
            </span>
          </li>
        ))}
      </ul>
      {!limit && deployment.work_pool_name && (
        <p className="quiet small">
          Only the limits of{" "}
          <Link to="/pools/$pool" params={{ pool: deployment.work_pool_name }} className="inline-link">
            its pool and queue
          </Link>{" "}
          stand over its runs.
        </p>
      )}
    </section>
  );
}
