import { Button } from "react-aria-components";

import { pauseDeployment, resumeDeployment, type Deployment } from "../../api/deployments";
import { useChange } from "../../live/useChange";
import { Confirm } from "../../ui/Confirm";
import { StateBadge } from "../../ui/StateBadge";

interface DeploymentHeadProps {
  deployment: Deployment;
  flowName: string | undefined;
  run: () => void;
}

/** The name of a deployment and its state, and what pauses it or runs it. */
export function DeploymentHead({ deployment, flowName, run }: DeploymentHeadProps) {
  return (
    <>
      <div className="page-head">
        <h1>{deployment.name}</h1>
        <StateBadge status={deployment.paused ? "PAUSED" : deployment.status} />
        <span className="quiet">
          {flowName && `of flow ${flowName}`}
          {deployment.description && ` · ${deployment.description}`}
        </span>
        <div className="page-head-end">
          <PauseButton deployment={deployment} />
          <Button className="button button-main" onPress={run}>
            Run …
          </Button>
        </div>
      </div>
      {deployment.paused && <p className="banner">Paused: its schedules make no runs. Runs that people start go ahead.</p>}
    </>
  );
}

function PauseButton({ deployment: { id, name, paused } }: { deployment: Deployment }) {
  const pause = useChange({
    send: () => pauseDeployment(id),
    done: () => `${name} is paused: its schedules make no runs.`,
  });
  const resume = useChange({ send: () => resumeDeployment(id), done: () => `The schedules of ${name} make runs again.` });
  if (paused) {
    return (
      <Button className="button" isDisabled={resume.isPending} onPress={() => resume.mutate(undefined)}>
        Resume
      </Button>
    );
  }
  return (
    <Confirm
      trigger={<Button className="button">Pause</Button>}
      title={`Pause ${name}?`}
      action="Pause"
      onConfirm={() => pause.mutate(undefined)}
    >
      <p>Its schedules make no more runs, and those they have made that still wait are deleted. What runs goes on.</p>
    </Confirm>
  );
}
