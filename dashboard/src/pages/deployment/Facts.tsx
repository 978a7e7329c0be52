import { Link } from "@tanstack/react-router";

import type { Deployment } from "../../api/deployments";
import { Fact } from "../../ui/Fact";
import { Tags } from "../deployments/Tags";

/** Where the runs of a deployment go, and what they run. */
export function Facts({ deployment }: { deployment: Deployment }) {
  return (
    <section className="panel" aria-label="Facts">
      <dl className="facts">
        <Fact name="pool">
          {deployment.work_pool_name ? (
            <Link to="/pools/$pool" params={{ pool: deployment.work_pool_name }}>
              {deployment.work_pool_name}
            </Link>
          ) : (
            "none"
          )}
        </Fact>
        <Fact name="queue">{deployment.work_queue_name ?? "none"}</Fact>
        {deployment.entrypoint && (
          <Fact name="entrypoint">
            <code>{deployment.entrypoint}</code>
          </Fact>
        )}
        {deployment.version && <Fact name="version">{deployment.version}</Fact>}
        {deployment.tags.length > 0 && (
          <Fact name="tags">
            <Tags tags={deployment.tags} />
          </Fact>
        )}
        <Fact name="id" isWide>
          <code>{deployment.id}</code>
        </Fact>
      </dl>
    </section>
  );
}
