import { useNavigate } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";

import { startRun, type Deployment, type WantedRun } from "../../api/deployments";
import { ApiError, sentenceOf } from "../../api/errors";
import { ParameterFields } from "../../forms/ParameterFields";
import { useParameters } from "../../forms/useParameters";
import { useChange } from "../../live/useChange";
import { viewerZone } from "../../schedules/zones";
import { Notes } from "../../ui/Notes";

/** A form that starts a run: its parameters, checked at their fields, and when it is to begin. */
export function QuickRun({ deployment }: { deployment: Deployment }) {
  const navigate = useNavigate();
  const parameters = useParameters(deployment.parameter_openapi_schema, deployment.parameters);
  const [name, setName] = useState("");
  const [start, setStart] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const send = useChange({
    send: (wanted: WantedRun) => startRun(deployment.id, wanted),
    done: (wanted, made) => {
      void navigate({ to: "/runs/$run", params: { run: made.id } });
      return wanted.at ? `${made.name} waits for its time.` : `${made.name} is on its way.`;
    },
    tellsErrors: false,
  });

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setRefusal(undefined);
    const values = parameters.read();
    if (values === undefined) return;
    const at = start === "" ? undefined : new Date(start).toISOString();
    try {
      await send.mutateAsync({ parameters: values, at, name: name.trim() || undefined });
    } catch (error) {
      const isPlaced = error instanceof ApiError && parameters.refuse(error.faults);
      setRefusal(isPlaced ? "It was not started: see what is wrong with the parameters." : sentenceOf(error));
    }
  }

  return (
    <section className="panel" aria-labelledby="quick-title">
      <div className="panel-head">
        <h2 id="quick-title">Run {deployment.name}</h2>
        {!deployment.enforce_parameter_schema && <span className="quiet small">its parameters are not checked</span>}
      </div>
      <form className="form" onSubmit={submit} noValidate>
        <ParameterFields parameters={parameters} />
        <div className="form-fields">
          <TextField className="field" value={start} onChange={setStart}>
            <Label>Start</Label>
            <Input className="input" type="datetime-local" step={1} />
            <Notes description={`By your clock (${viewerZone()}); empty for now.`} />
          </TextField>
          <TextField className="field" value={name} onChange={setName}>
            <Label>Name of the run</Label>
            <Input className="input" placeholder="two random words" />
          </TextField>
        </div>
        {refusal && (
          <p className="trouble" role="alert">
            {refusal}
          </p>
        )}
        <div className="dialog-buttons">
          <Button className="button button-main" type="submit" isDisabled={send.isPending}>
            {start === "" ? "Run it now" : "Run it then"}
          </Button>
        </div>
      </form>
    </section>
  );
}
