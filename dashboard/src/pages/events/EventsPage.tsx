import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button, SwitchButton, SwitchField } from "react-aria-components";

import { Choice } from "../../ui/Choice";
import { TypedSearch } from "../../ui/TypedSearch";
import { EventList } from "./EventList";
import { KINDS, TIMES, hoursOf, type EventsAddress } from "./search";

/** What has happened on the server, and what happens, by what is asked of it. */
export function EventsPage() {
  const address = useSearch({ from: "/events" });
  const navigate = useNavigate();
  const [follows, setFollows] = useState(true);
  const change = (changed: Partial<EventsAddress>) => {
    void navigate({ to: "/events", search: { ...address, ...changed }, replace: true });
  };
  return (
    <>
      <div className="page-head">
        <h1>Events</h1>
        <div className="page-head-end">
          <SwitchField isSelected={follows} onChange={setFollows}>
            <SwitchButton className="switch">
              <span className="switch-track" /> Follow
            </SwitchButton>
          </SwitchField>
        </div>
      </div>
      <div className="filters" role="search" aria-label="Events">
        <TypedSearch
          label="Beginning of the name"
          text={address.name ?? ""}
          change={(name) => change({ name: name || undefined })}
        />
        <Choice label="About" value={address.about ?? ""} options={KINDS} onChange={(about) => change({ about: about || undefined })} />
        <Choice
          label="Time"
          value={String(hoursOf(address))}
          options={TIMES}
          onChange={(hours) => change({ hours: Number(hours) })}
        />
        {address.with && (
          <Button className="button" onPress={() => change({ with: undefined, called: undefined })}>
            With {address.called ?? address.with} ×
          </Button>
        )}
      </div>
      {/* A new search begins with nothing. */}
      <EventList
        key={JSON.stringify(address)}
        address={address}
        follows={follows}
        choose={(id, name) => change({ with: id, called: name })}
      />
    </>
  );
}
