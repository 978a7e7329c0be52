import { useState } from "react";
import { Button, Label, TextArea, TextField } from "react-aria-components";

import { sentenceOf } from "../../api/errors";
import { readPool, updatePool } from "../../api/pools";
import { useChange } from "../../live/useChange";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Loading, Trouble } from "../../ui/Feedback";

type Template = Record<string, unknown>;

function pretty(template: Template): string {
  return JSON.stringify(template, null, 2);
}

/** Return the object that a text is, or say why it is none. */
export function parseTemplate(text: string): Template {
  const found: unknown = JSON.parse(text);
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new SyntaxError("A template is a JSON object: { … }.");
  }
  return found as Template;
}

/** The template that every job of the pool is made from. */
export function Template({ pool }: { pool: string }) {
  const read = useLiveQuery({ key: ["pool", pool], read: (signal) => readPool(pool, signal) });
  return (
    <section className="panel" aria-labelledby="template-title">
      <div className="panel-head">
        <h2 id="template-title">Job template</h2>
        <span className="quiet small">what runs may set is in “variables”; how a job starts, in “job_configuration”</span>
      </div>
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      {read.data && <TemplateForm key={pool} pool={pool} template={read.data.base_job_template} />}
    </section>
  );
}

function TemplateForm({ pool, template }: { pool: string; template: Template }) {
  const stored = pretty(template);
  const [edited, setEdited] = useState<string>();
  const [error, setError] = useState<string>();
  const save = useChange({
    send: (text: string) => updatePool(pool, { base_job_template: parseTemplate(text) }),
    done: () => `The job template of ${pool} is saved.`,
    tellsErrors: false,
  });
  const text = edited ?? stored;

  async function submit(): Promise<void> {
    setError(undefined);
    try {
      await save.mutateAsync(text);
      setEdited(undefined);
    } catch (refused) {
      setError(sentenceOf(refused));
    }
  }

  return (
    <div className="dialog">
      <TextField className="field" value={text} onChange={setEdited} isInvalid={error !== undefined} validationBehavior="aria">
        <Label className="visually-hidden">Job template as JSON</Label>
        <TextArea className="input" rows={Math.min(32, text.split("\n").length + 1)} spellCheck={false} />
        {error && (
          <span className="field-error" role="alert">
            {error}
          </span>
        )}
      </TextField>
      <div className="dialog-buttons">
        <Button
          className="button"
          isDisabled={edited === undefined}
          onPress={() => {
            setEdited(undefined);
            setError(undefined);
          }}
        >
          Undo
        </Button>
        <Button className="button button-main" isDisabled={edited === undefined || save.isPending} onPress={submit}>
          Save
        </Button>
      </div>
    </div>
  );
}
