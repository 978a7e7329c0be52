import { useQuery } from "@tanstack/react-query";
import { Button, SwitchButton, SwitchField } from "react-aria-components";

import type { Deployment, DeploymentOutlook } from "../../api/deployments";
import { countScheduledRuns, deleteSchedule, updateSchedule, type DeploymentSchedule } from "../../api/schedules";
import { useChange } from "../../live/useChange";
import { scheduleWords } from "../../schedules/scheduleWords";
import { Confirm } from "../../ui/Confirm";
import { counted } from "../../ui/counted";
import { Trouble } from "../../ui/Feedback";
import { ScheduleDialog } from "./ScheduleDialog";
import { Starts } from "./Starts";

interface ScheduleProps {
  deployment: Deployment;
  schedule: DeploymentSchedule;
  outlook: DeploymentOutlook | undefined;
}

/** One schedule in words, its next starts, and what pauses, changes and deletes it. */
export function Schedule({ deployment, schedule, outlook }: ScheduleProps) {
  const { words, written } = scheduleWords(schedule.schedule);
  const name = schedule.slug ?? words;
  const change = useChange({
    send: (active: boolean) => updateSchedule(deployment.id, schedule.id, { active }),
    done: (active) => (active ? `“${name}” makes runs again.` : `“${name}” is paused.`),
  });
  const isActive = change.isPending ? change.variables : schedule.active;
  const given = Object.keys(schedule.parameters);
  const starts = outlook?.schedules.find((one) => one.schedule_id === schedule.id);
  return (
    <li className={isActive && !deployment.paused ? "schedule" : "schedule schedule-paused"}>
      <div className="schedule-head">
        <SwitchField aria-label={`${name} makes runs`} isSelected={isActive} onChange={(active) => change.mutate(active)}>
          <SwitchButton className="switch">
            <span className="switch-track" />
          </SwitchButton>
        </SwitchField>
        <div className="schedule-words">
          <p>
            <strong>{words}</strong>
            {starts && <span className="quiet"> · {starts.timezone}</span>}
            {!isActive && <span className="quiet"> · paused</span>}
          </p>
          <p className="quiet small">
            <code>{written}</code>
            {schedule.slug && ` · ${schedule.slug}`}
            {given.length > 0 && ` · with its own ${given.join(", ")}`}
            {schedule.max_scheduled_runs !== null && ` · at most ${counted(schedule.max_scheduled_runs, "run")} ahead`}
          </p>
        </div>
        <div className="schedule-buttons">
          <ScheduleDialog
            deployment={deployment}
            stored={schedule}
            trigger={
              <Button className="button button-small" aria-label={`Change ${name}`}>
                Change …
              </Button>
            }
          />
          <Delete deployment={deployment} schedule={schedule} name={name} />
        </div>
      </div>
      {starts && <Starts outlook={starts} name={name} />}
    </li>
  );
}

interface DeleteProps {
  deployment: Deployment;
  schedule: DeploymentSchedule;
  name: string;
}

function Delete({ deployment, schedule, name }: DeleteProps) {
  const remove = useChange({
    send: () => deleteSchedule(deployment.id, schedule.id),
    done: () => `“${name}” is deleted.`,
  });
  return (
    <Confirm
      trigger={
        <Button className="button button-small button-bad" aria-label={`Delete ${name}`}>
          Delete
        </Button>
      }
      title={`Delete the schedule “${name}” of ${deployment.name}?`}
      action="Delete the schedule"
      isBad
      isDisabled={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      <Touched deployment={deployment} />
    </Confirm>
  );
}

/** What goes with a schedule: counted when it is asked, for that takes time where much waits. */
function Touched({ deployment }: { deployment: Deployment }) {
  const made = useQuery({
    queryKey: ["scheduled-runs", deployment.id],
    queryFn: ({ signal }) => countScheduledRuns(deployment.id, signal),
    gcTime: 0,
  });
  if (made.isError) return <Trouble error={made.error} />;
  return (
    <p>
      With it go <strong>{made.data === undefined ? "…" : counted(made.data, "waiting run")}</strong> that schedules of{" "}
      {deployment.name} have made.{deployment.schedules.length > 1 && " The other schedules make theirs anew."} What runs goes on.
    </p>
  );
}
