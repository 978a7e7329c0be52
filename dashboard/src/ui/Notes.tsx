import type { ReactNode } from "react";
import { Text } from "react-aria-components";

/** Marks the label of what can't be left out. */
export function Needed() {
  return <span className="quiet small"> needed</span>;
}

/** What stands below a field: what it is for, and what is wrong with it. */
export function Notes({ description, error }: { description?: ReactNode; error?: string }) {
  return (
    <>
      {description && (
        <Text slot="description" className="quiet small">
          {description}
        </Text>
      )}
      {error && (
        <Text slot="errorMessage" className="field-error">
          {error}
        </Text>
      )}
    </>
  );
}
