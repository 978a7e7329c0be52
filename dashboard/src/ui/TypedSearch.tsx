import { useEffect, useEffectEvent, useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";

interface TypedSearchProps {
  label: string;
  text: string;
  change: (text: string) => void;
}

const PAUSE = 300;

/** A search that is asked for once typing pauses. */
export function TypedSearch({ label, text, change }: TypedSearchProps) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    setKnown(text);
    // Changed from elsewhere, as by a link: shown, unless somebody is typing.
    if (typed === known) setTyped(text);
  }
  const ask = useEffectEvent(() => {
    if (typed !== text) change(typed);
  });
  useEffect(() => {
    const timer = window.setTimeout(() => ask(), PAUSE);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return (
    <SearchField className="filter-text" value={typed} onChange={setTyped}>
      <Label className="visually-hidden">{label}</Label>
      <Input className="input" placeholder={`${label}  /`} />
    </SearchField>
  );
}
