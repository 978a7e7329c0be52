import type { ReactNode } from "react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

import { Needed, Notes } from "./Notes";

interface ChoiceProps {
  label: string;
  value: string;
  options: { id: string; words: string }[];
  onChange: (value: string) => void;
  /** What stands beside the label and below, where the choice is a field of a form. */
  field?: { isRequired: boolean; description?: ReactNode; error?: string };
}

/** One of several things, in a list that opens. */
export function Choice({ label, value, options, onChange, field }: ChoiceProps) {
  return (
    <Select
      className={field ? "field" : "choice"}
      value={value}
      onChange={(key) => onChange(String(key ?? ""))}
      isInvalid={field?.error !== undefined}
      validationBehavior="aria"
      {...(field ? {} : { "aria-label": label })}
    >
      <Label className={field ? "field-label" : "visually-hidden"}>
        {label}
        {field?.isRequired && <Needed />}
      </Label>
      <Button className="button choice-button">
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover menu-popover">
        <ListBox className="menu choice-list" items={options}>
          {(option) => (
            <ListBoxItem id={option.id} className="menu-item">
              {option.words}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
      <Notes description={field?.description} error={field?.error} />
    </Select>
  );
}
