import type { Deployment } from "../../api/deployments";
import { Json } from "../../ui/Json";

/** What runs of a deployment are given, and what they may be given. */
export function Definition({ deployment }: { deployment: Deployment }) {
  return (
    <section className="panel" aria-label="Definition">
      <Json label="Parameters" value={deployment.parameters} />
      <Json label="Job variables" value={deployment.job_variables} />
      <Json label="What its parameters may be" value={deployment.parameter_openapi_schema} />
      <Json label="Before it starts" value={deployment.pull_steps} />
    </section>
  );
}
