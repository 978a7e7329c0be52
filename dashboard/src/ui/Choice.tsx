import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

interface ChoiceProps {
  label: string;
  value: string;
  options: { id: string; words: string }[];
  onChange: (value: string) => void;
}

/** One of several things, in a list that opens. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Select
      className="choice"
      value={value}
      onChange={(key) => onChange(String(key ?? ""))}
      aria-label={label}
    >
      <Label className="visually-hidden">{label}</Label>
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
    </Select>
  );
}
