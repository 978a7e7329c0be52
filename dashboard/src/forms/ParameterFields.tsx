import { Button, Label, TextArea, TextField } from "react-aria-components";

import { Notes } from "../ui/Notes";
import { SchemaField } from "./SchemaField";
import type { Parameters } from "./useParameters";

/** The parameters as fields of their schema, or as JSON. */
export function ParameterFields({ parameters }: { parameters: Parameters }) {
  const { fields, isRaw } = parameters;
  return (
    <>
      {isRaw ? (
        <Raw parameters={parameters} />
      ) : (
        <div className="form-fields">
          {fields.map((field) => (
            <SchemaField
              key={field.name}
              field={field}
              typed={parameters.typed}
              error={parameters.errors[field.name]}
              change={parameters.change}
            />
          ))}
        </div>
      )}
      {fields.length > 0 && (
        <p>
          <Button className="text-button small" onPress={() => parameters.show(!isRaw)}>
            {isRaw ? "Show them as fields" : "Write them as JSON"}
          </Button>
        </p>
      )}
    </>
  );
}

function Raw({ parameters }: { parameters: Parameters }) {
  const { raw, rawError, changeRaw } = parameters;
  return (
    <TextField className="field" value={raw} onChange={changeRaw} isInvalid={rawError !== undefined} validationBehavior="aria">
      <Label>Parameters as JSON</Label>
      <TextArea className="input" rows={Math.min(20, Math.max(4, raw.split("\n").length))} spellCheck={false} />
      <Notes
        description="What is left out is as the deployment says."
        error={rawError}
      />
    </TextField>
  );
}
