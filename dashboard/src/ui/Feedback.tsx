import type { ReactNode } from "react";

import { sentenceOf } from "../api/errors";

/** Nothing is here: why, and the command that changes it. */
export function Empty({ children, command }: { children: ReactNode; command?: string }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {command && <code className="command">{command}</code>}
    </div>
  );
}

/** What the server refused or could not do, as a sentence. */
export function Trouble({ error }: { error: unknown }) {
  return (
    <p className="trouble" role="alert">
      {sentenceOf(error)}
    </p>
  );
}

export function Loading() {
  return (
    <p className="quiet" role="status">
      Loading …
    </p>
  );
}
