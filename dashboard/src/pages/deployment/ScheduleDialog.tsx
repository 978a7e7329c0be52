import { useState, type ReactNode, type SubmitEvent } from "react";
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Deployment } from "../../api/deployments";
import { ApiError, sentenceOf } from "../../api/errors";
import { createSchedule, updateSchedule, type DeploymentSchedule, type NewSchedule } from "../../api/schedules";
import { useChange } from "../../live/useChange";
import { draftOf, draftWords, placed, readDraft, timesOf, type DraftErrors } from "../../schedules/draft";
import { Preview, usePreview } from "./Preview";
import { ScheduleFields } from "./ScheduleFields";

interface ScheduleDialogProps {
  trigger: ReactNode;
  deployment: Deployment;
  /** The schedule that is changed; a new one when left out. */
  stored?: DeploymentSchedule;
}

/** A form for a schedule, old or new, that shows its next starts while it is typed. */
export function ScheduleDialog({ trigger, deployment, stored }: ScheduleDialogProps) {
  return (
    <DialogTrigger>
      {trigger}
      <ModalOverlay className="backdrop">
        <Modal className="modal modal-wide">
          <Dialog className="dialog">
            {({ close }) => <ScheduleForm deployment={deployment} stored={stored} close={close} />}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

interface ScheduleFormProps {
  deployment: Deployment;
  stored: DeploymentSchedule | undefined;
  close: () => void;
}

const TAKEN = 409;

function ScheduleForm({ deployment, stored, close }: ScheduleFormProps) {
  const [draft, setDraft] = useState(() => draftOf(stored));
  const [errors, setErrors] = useState<DraftErrors>({});
  const [refusal, setRefusal] = useState<string>();
  const times = timesOf(draft, stored);
  const preview = usePreview(times);
  const told = preview.error instanceof ApiError ? placed(preview.error.faults).errors : {};
  const save = useChange<NewSchedule>({
    send: (wanted) => (stored ? updateSchedule(deployment.id, stored.id, wanted) : createSchedule(deployment.id, wanted)),
    done: () => (stored ? "The schedule is changed; its runs ahead are made anew." : `${deployment.name} has a new schedule.`),
    tellsErrors: false,
  });

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setRefusal(undefined);
    const read = readDraft(draft, stored);
    setErrors(read.errors);
    if (read.wanted === undefined) return;
    try {
      await save.mutateAsync(read.wanted);
      close();
    } catch (error) {
      const faults = error instanceof ApiError ? placed(error.faults) : { errors: {}, others: [] };
      const isTaken = error instanceof ApiError && error.status === TAKEN;
      setErrors(isTaken ? { slug: sentenceOf(error) } : faults.errors);
      const isPlaced = isTaken || (Object.keys(faults.errors).length > 0 && faults.others.length === 0);
      setRefusal(isPlaced ? "It was not saved: see what is wrong at the fields." : sentenceOf(error));
    }
  }

  return (
    <form className="form" onSubmit={submit} noValidate>
      <Heading slot="title">{stored ? `Change a schedule of ${deployment.name}` : `A new schedule of ${deployment.name}`}</Heading>
      <ScheduleFields
        draft={draft}
        errors={{ ...told, ...errors }}
        change={(part) => {
          setDraft({ ...draft, ...part });
          setErrors({});
        }}
      />
      <Preview words={draftWords(draft)} times={times} preview={preview} />
      {refusal && (
        <p className="trouble" role="alert">
          {refusal}
        </p>
      )}
      <div className="dialog-buttons">
        <Button className="button" onPress={close}>
          Leave as it is
        </Button>
        <Button className="button button-main" type="submit" isDisabled={save.isPending}>
          {stored ? "Save" : "Add it"}
        </Button>
      </div>
    </form>
  );
}
