import { useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";

import { beginMaintenance, endMaintenance, type PoolOverview } from "../../api/pools";
import { useChange } from "../../live/useChange";
import { Confirm } from "../../ui/Confirm";
import { counted } from "../../ui/counted";

/** Pauses the pool, asking why, or resumes it. */
export function PauseButton({ pool }: { pool: PoolOverview }) {
  const [reason, setReason] = useState("");
  const pause = useChange({
    send: () => beginMaintenance(pool.name, reason.trim()),
    done: (_, status) => `${pool.name} is paused; still under way: ${counted(status.held_runs, "run")}.`,
  });
  const resume = useChange({
    send: () => endMaintenance(pool.name),
    done: () => `${pool.name} hands out runs again.`,
  });
  if (pool.is_paused) {
    return (
      <Button className="button button-main" onPress={() => resume.mutate(undefined)} isDisabled={resume.isPending}>
        Resume pool
      </Button>
    );
  }
  return (
    <Confirm
      trigger={<Button className="button">Pause pool</Button>}
      title={`Pause ${pool.name}?`}
      action="Pause"
      isDisabled={reason.trim() === ""}
      onConfirm={() => pause.mutate(undefined)}
    >
      <p>
        {counted(pool.waiting_runs, "waiting run")} in {counted(pool.work_queue_count, "queue")}: they stay where they are. The{" "}
        {pool.active_slots} under way go on.
      </p>
      <TextField className="field" value={reason} onChange={setReason}>
        <Label>Why</Label>
        <Input className="input" placeholder="new disks" />
      </TextField>
    </Confirm>
  );
}
