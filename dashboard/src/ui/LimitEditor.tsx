import { useState, type SubmitEvent } from "react";
import { Button, Dialog, DialogTrigger, Input, Label, Popover, TextField } from "react-aria-components";

import { sentenceOf } from "../api/errors";

interface LimitEditorProps {
  /** Whose limit it is, for those who don't see the page. */
  of: string;
  limit: number | null;
  save: (limit: number | null) => Promise<unknown>;
}

const NO_LIMIT = /^(none|no|)$/i;

/** Return the limit that was typed; undefined when it is none. */
export function parseLimit(text: string): number | null | undefined {
  const typed = text.trim();
  if (NO_LIMIT.test(typed)) return null;
  return /^\d{1,9}$/.test(typed) ? Number(typed) : undefined;
}

/** A limit that is changed where it stands. */
export function LimitEditor({ of, limit, save }: LimitEditorProps) {
  return (
    <DialogTrigger>
      <Button className="text-button" aria-label={`${limit ?? "no limit"}: change the limit of ${of}`}>
        {limit ?? "no limit"}
      </Button>
      <Popover className="popover" placement="bottom start">
        <Dialog className="dialog" aria-label={`Limit of ${of}`}>
          {({ close }) => <LimitForm limit={limit} save={save} close={close} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function LimitForm({ limit, save, close }: Omit<LimitEditorProps, "of"> & { close: () => void }) {
  const [text, setText] = useState(limit === null ? "" : String(limit));
  const [error, setError] = useState<string>();

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const wanted = parseLimit(text);
    if (wanted === undefined) {
      setError("A whole number, or nothing for no limit.");
      return;
    }
    try {
      await save(wanted);
      close();
    } catch (refused) {
      setError(sentenceOf(refused));
    }
  }

  return (
    <form className="limit-form" onSubmit={submit}>
      <TextField
        className="field"
        value={text}
        onChange={setText}
        isInvalid={error !== undefined}
        validationBehavior="aria"
        autoFocus
      >
        <Label className="small quiet">Slots at once; empty for no limit</Label>
        <Input className="input" inputMode="numeric" placeholder="none" />
        {error && <span className="field-error" role="alert">{error}</span>}
      </TextField>
      <Button className="button button-main" type="submit">
        Save
      </Button>
    </form>
  );
}
