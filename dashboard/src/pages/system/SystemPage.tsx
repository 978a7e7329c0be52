import { Doctor } from "./Doctor";
import { Server } from "./Server";
import { Settings } from "./Settings";

/** The server itself: what it is made of, how its services fare, whether all is as it should be. */
export function SystemPage() {
  return (
    <>
      <div className="page-head">
        <h1>System</h1>
      </div>
      <Server />
      <Doctor />
      <Settings />
    </>
  );
}
