import { Input, Label, TextArea, TextField } from "react-aria-components";

import type { Draft, DraftErrors, Kind, Unit } from "../../schedules/draft";
import { viewerZone } from "../../schedules/zones";
import { Choice } from "../../ui/Choice";
import { Notes } from "../../ui/Notes";

interface ScheduleFieldsProps {
  draft: Draft;
  errors: DraftErrors;
  change: (part: Partial<Draft>) => void;
}

const KINDS: { id: Kind; words: string }[] = [
  { id: "cron", words: "by a cron expression" },
  { id: "interval", words: "at an interval" },
  { id: "rrule", words: "by a recurrence rule" },
];
const UNITS: { id: Unit; words: string }[] = (["seconds", "minutes", "hours", "days"] as const).map((id) => ({ id, words: id }));

/** The fields of a schedule: when its runs are due, by whose clock, and what they are given. */
export function ScheduleFields({ draft, errors, change }: ScheduleFieldsProps) {
  return (
    <>
      <div className="form-fields">
        <Choice
          label="Due"
          value={draft.kind}
          options={KINDS}
          onChange={(kind) => change({ kind: kind as Kind })}
          field={{ isRequired: false }}
        />
        <TextField
          className="field"
          value={draft.timezone}
          onChange={(timezone) => change({ timezone })}
          isInvalid={errors.timezone !== undefined}
          validationBehavior="aria"
        >
          <Label>Time zone</Label>
          <Input className="input" list="time-zones" placeholder="UTC" spellCheck={false} />
          <Notes description="The clock by which it is due." error={errors.timezone} />
        </TextField>
        <datalist id="time-zones">
          {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <Times draft={draft} errors={errors} change={change} />
      <div className="form-fields">
        <Text label="Slug" text={draft.slug} error={errors.slug} change={(slug) => change({ slug })}>
          A name for it, taken once in the deployment.
        </Text>
        <Text label="Most runs ahead" text={draft.most} error={errors.most} change={(most) => change({ most })}>
          Empty for as many as the server makes.
        </Text>
      </div>
      <Area label="Its own parameters, as JSON" text={draft.parameters} error={errors.parameters} change={(parameters) => change({ parameters })}>
        What is left out is as the deployment says.
      </Area>
    </>
  );
}

function Times({ draft, errors, change }: ScheduleFieldsProps) {
  if (draft.kind === "cron") {
    return (
      <Text label="Cron expression" text={draft.cron} error={errors.cron} change={(cron) => change({ cron })}>
        Minute, hour, day of the month, month, weekday; a sixth field for seconds, or @daily and the like.
      </Text>
    );
  }
  if (draft.kind === "rrule") {
    return (
      <Area label="Recurrence rule" text={draft.rrule} error={errors.rrule} change={(rrule) => change({ rrule })}>
        As in RFC 5545, with a DTSTART line or without.
      </Area>
    );
  }
  return (
    <div className="form-fields">
      <div className="interval-fields">
        <Text label="Every" text={draft.count} error={errors.interval} change={(count) => change({ count })} />
        <Choice label="Unit" value={draft.unit} options={UNITS} onChange={(unit) => change({ unit: unit as Unit })} field={{ isRequired: false }} />
      </div>
      <TextField
        className="field"
        value={draft.anchor}
        onChange={(anchor) => change({ anchor })}
        isInvalid={errors.anchor !== undefined}
        validationBehavior="aria"
      >
        <Label>Counted from</Label>
        <Input className="input" type="datetime-local" step={1} />
        <Notes description={`By your clock (${viewerZone()}); empty for now.`} error={errors.anchor} />
      </TextField>
    </div>
  );
}

interface TextProps {
  label: string;
  text: string;
  error: string | undefined;
  change: (text: string) => void;
  children?: string;
}

function Text({ label, text, error, change, children }: TextProps) {
  return (
    <TextField className="field" value={text} onChange={change} isInvalid={error !== undefined} validationBehavior="aria">
      <Label>{label}</Label>
      <Input className="input" spellCheck={false} />
      <Notes description={children} error={error} />
    </TextField>
  );
}

function Area({ label, text, error, change, children }: TextProps) {
  return (
    <TextField className="field" value={text} onChange={change} isInvalid={error !== undefined} validationBehavior="aria">
      <Label>{label}</Label>
      <TextArea className="input" rows={Math.min(8, Math.max(2, text.split("\n").length))} spellCheck={false} />
      <Notes description={children} error={error} />
    </TextField>
  );
}
