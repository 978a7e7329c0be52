import { useState } from "react";
import { Button } from "react-aria-components";

import { ApiError, sentenceOf } from "../../api/errors";
import { readPool, updatePool } from "../../api/pools";
import { JsonEditor } from "../../json/JsonEditor";
import { flawsOf, parseObject, type Flaw } from "../../json/parse";
import { useChange } from "../../live/useChange";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Loading, Trouble } from "../../ui/Feedback";

type Template = Record<string, unknown>;

const FIELD = "base_job_template";

function pretty(template: Template): string {
  return JSON.stringify(template, null, 2);
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

/** Return what a refusal says of the places of a template; nothing where it is about something else. */
export function flawsOfRefusal(text: string, refused: unknown): Flaw[] {
  if (!(refused instanceof ApiError)) return [];
  const faults = refused.faults.map(({ path, message }) => ({ path: path[0] === FIELD ? path.slice(1) : path, message }));
  return flawsOf(text, faults);
}

function TemplateForm({ pool, template }: { pool: string; template: Template }) {
  const [edited, setEdited] = useState<string>();
  const [flaws, setFlaws] = useState<Flaw[]>([]);
  const [refusal, setRefusal] = useState<string>();
  const save = useChange({
    send: (wanted: Template) => updatePool(pool, { base_job_template: wanted }),
    done: () => `The job template of ${pool} is saved.`,
    tellsErrors: false,
  });
  const text = edited ?? pretty(template);

  function forget(): void {
    setFlaws([]);
    setRefusal(undefined);
  }

  async function submit(): Promise<void> {
    forget();
    const parsed = parseObject(text, "A template");
    if ("flaw" in parsed) {
      setFlaws([parsed.flaw]);
      return;
    }
    try {
      await save.mutateAsync(parsed.value);
      setEdited(undefined);
    } catch (refused) {
      const found = flawsOfRefusal(text, refused);
      setFlaws(found);
      if (found.length === 0) setRefusal(sentenceOf(refused));
    }
  }

  return (
    <div className="dialog">
      <JsonEditor
        label="Job template as JSON"
        text={text}
        change={(typed) => {
          setEdited(typed);
          forget();
        }}
        flaws={flaws}
      />
      {refusal && <p className="trouble" role="alert">{refusal}</p>}
      <div className="dialog-buttons">
        <Button
          className="button"
          isDisabled={edited === undefined}
          onPress={() => {
            setEdited(undefined);
            forget();
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
