import { Input, Label, TextArea, TextField } from "react-aria-components";

import { Choice } from "../ui/Choice";
import { Needed, Notes } from "../ui/Notes";
import type { Field } from "./schema";
import { shownText, type Typed } from "./values";

interface SchemaFieldProps {
  field: Field;
  typed: Typed;
  error: string | undefined;
  change: (name: string, text: string) => void;
}

const LEFT_OUT = "";

function choiceWords(choice: unknown): string {
  if (typeof choice === "boolean") return choice ? "yes" : "no";
  return typeof choice === "string" ? choice : JSON.stringify(choice);
}

function emptyWords(field: Field): string {
  if (field.takesNull) return "null";
  return field.isRequired ? "" : "left out";
}

/** One value of a form that was made from a schema. */
export function SchemaField({ field, typed, error, change }: SchemaFieldProps) {
  const text = shownText(field, typed);
  const description = [field.description, field.hint].filter(Boolean).join(" · ") || undefined;
  if (field.kind === "choice") {
    const canBeEmpty = field.takesNull || field.initial === undefined;
    const options = field.choices.map((choice, index) => ({ id: String(index), words: choiceWords(choice) }));
    return (
      <Choice
        label={field.label}
        value={text}
        options={canBeEmpty ? [{ id: LEFT_OUT, words: emptyWords(field) }, ...options] : options}
        onChange={(value) => change(field.name, value)}
        field={{ isRequired: field.isRequired, description, error }}
      />
    );
  }
  return (
    <TextField
      className="field"
      value={text}
      onChange={(value) => change(field.name, value)}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>
        {field.label}
        {field.isRequired && <Needed />}
      </Label>
      {field.kind === "json" ? (
        <TextArea className="input" rows={Math.min(12, Math.max(2, text.split("\n").length))} spellCheck={false} placeholder={emptyWords(field)} />
      ) : (
        <Input className="input" inputMode={field.kind === "text" ? "text" : "decimal"} placeholder={emptyWords(field)} />
      )}
      <Notes description={description} error={error} />
    </TextField>
  );
}
