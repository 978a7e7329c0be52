import { useNavigate } from "@tanstack/react-router";
import { Button } from "react-aria-components";

import { deleteRun, proposeState, runAgain, type Run } from "../../api/runs";
import { useChange } from "../../live/useChange";
import { Confirm } from "../../ui/Confirm";

const ENDED = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);

/** What can be done with a run in its present state. */
export function RunButtons({ run }: { run: Run }) {
  const navigate = useNavigate();
  const retry = useChange({
    send: () => proposeState(run.id, { type: "SCHEDULED", name: "AwaitingRetry", message: "Retried from the dashboard." }),
    done: () => `${run.name} waits for another try.`,
  });
  const again = useChange({
    send: () => runAgain(run),
    done: (_, made) => {
      void navigate({ to: "/runs/$run", params: { run: made.id } });
      return `${made.name} is a new run of the same deployment.`;
    },
  });
  const hasEnded = ENDED.has(run.state_type ?? "");
  return (
    <>
      {run.deployment_id && (
        <Button className="button" isDisabled={again.isPending} onPress={() => again.mutate(undefined)}>
          Run again
        </Button>
      )}
      {hasEnded && (
        <Button className="button" isDisabled={retry.isPending} onPress={() => retry.mutate(undefined)}>
          Retry
        </Button>
      )}
      {hasEnded ? <Delete run={run} /> : <Cancel run={run} />}
    </>
  );
}

function Cancel({ run }: { run: Run }) {
  const cancel = useChange({
    send: () => proposeState(run.id, { type: "CANCELLING", message: "Cancelled from the dashboard." }),
    done: () => `${run.name} is told to stop.`,
  });
  return (
    <Confirm
      trigger={
        <Button className="button button-bad" isDisabled={run.state_type === "CANCELLING"}>
          Cancel
        </Button>
      }
      title={`Cancel ${run.name}?`}
      action="Cancel the run"
      isBad
      onConfirm={() => cancel.mutate(undefined)}
    >
      <p>
        {run.worker_name && run.state_type !== "SCHEDULED"
          ? `${run.worker_name} is told to end its job.`
          : "It waits and has no job yet, so it ends at once."}
      </p>
    </Confirm>
  );
}

function Delete({ run }: { run: Run }) {
  const navigate = useNavigate();
  const remove = useChange({
    send: () => deleteRun(run.id),
    done: () => {
      void navigate({ to: "/runs" });
      return `${run.name} is deleted.`;
    },
  });
  return (
    <Confirm
      trigger={<Button className="button button-bad">Delete</Button>}
      title={`Delete ${run.name}?`}
      action="Delete the run"
      isBad
      onConfirm={() => remove.mutate(undefined)}
    >
      <p>Its history and logs are deleted too, and can&apos;t be brought back.</p>
    </Confirm>
  );
}
