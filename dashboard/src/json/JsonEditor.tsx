import { useRef } from "react";
import { Button, Label, TextArea, TextField } from "react-aria-components";

import type { Flaw } from "./parse";

interface JsonEditorProps {
  label: string;
  text: string;
  change: (text: string) => void;
  flaws: Flaw[];
}

const MOST_LINES = 32;

/** JSON that is edited as text: lines with something wrong are marked, and each flaw leads to its place. */
export function JsonEditor({ label, text, change, flaws }: JsonEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split("\n").length;
  const flawed = new Set(flaws.map((flaw) => flaw.line));

  function goTo(flaw: Flaw): void {
    const place = area.current;
    if (place === null) return;
    place.focus();
    place.setSelectionRange(flaw.start, flaw.end);
    place.scrollTop = (place.scrollHeight * (flaw.line - 3)) / lines;
  }

  return (
    <TextField className="field" value={text} onChange={change} isInvalid={flaws.length > 0} validationBehavior="aria">
      <Label className="visually-hidden">{label}</Label>
      <div className="json-editor">
        <div className="json-gutter" ref={gutter} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <div key={index} className={flawed.has(index + 1) ? "json-line json-line-bad" : "json-line"}>
              {index + 1}
            </div>
          ))}
        </div>
        <TextArea
          ref={area}
          className="input"
          rows={Math.min(MOST_LINES, lines + 1)}
          spellCheck={false}
          wrap="off"
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      {flaws.length > 0 && (
        <ul className="json-flaws" role="alert">
          {flaws.map((flaw) => (
            <li key={`${flaw.start} ${flaw.words}`}>
              <Button className="text-button" onPress={() => goTo(flaw)}>
                line {flaw.line}
              </Button>{" "}
              <span className="field-error">{flaw.words}</span>
            </li>
          ))}
        </ul>
      )}
    </TextField>
  );
}
