import { Button } from "react-aria-components";

import { dismiss, useNotices } from "./notices";

/** What was done, and what was refused, in the corner of the page. */
export function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={`notice notice-${notice.kind}`}>
          <span>{notice.words}</span>
          <Button className="icon-button" aria-label="Dismiss" onPress={() => dismiss(notice.id)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}
