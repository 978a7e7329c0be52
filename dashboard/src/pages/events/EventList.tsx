import { useMemo } from "react";
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Event } from "../../api/events";
import { Ago } from "../../time/Times";
import { momentWords } from "../../time/words";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { Json } from "../../ui/Json";
import { Resource } from "./Resource";
import { filterOf, hoursOf, type EventsAddress } from "./search";
import { useEvents } from "./useEvents";

interface EventListProps {
  address: EventsAddress;
  follows: boolean;
  choose: (id: string, name: string) => void;
}

function columnsFor(choose: EventListProps["choose"]): Columns<Event> {
  return [
    { id: "when", header: "When", enableSorting: false, cell: ({ row }) => <Ago moment={row.original.occurred} /> },
    { id: "event", header: "Event", enableSorting: false, cell: ({ row }) => <Whole event={row.original} /> },
    {
      id: "about",
      header: "About",
      enableSorting: false,
      cell: ({ row }) => <Resource resource={row.original.resource} choose={choose} />,
    },
    {
      id: "related",
      header: "Related",
      enableSorting: false,
      cell: ({ row }) => (
        <span className="related small">
          {row.original.related.map((one, index) => (
            <span key={index}>
              <span className="quiet">{one["prefect.resource.role"]}</span> <Resource resource={one} choose={choose} />
            </span>
          ))}
        </span>
      ),
    },
  ];
}

/** The events of a search, the newest first, with a way to the older ones. */
export function EventList({ address, follows, choose }: EventListProps) {
  const { events, total, error, readOlder } = useEvents(filterOf(address), hoursOf(address), follows);
  const columns = useMemo(() => columnsFor(choose), [choose]);
  return (
    <section className="panel" aria-label="Events">
      {events && (
        <div className="panel-head">
          <span className="quiet">
            {events.length.toLocaleString()} of {Math.max(total, events.length).toLocaleString()} events
          </span>
        </div>
      )}
      {error !== undefined && <Trouble error={error} />}
      {events === undefined && error === undefined && <Loading />}
      {events?.length === 0 && (
        <Empty command="penstock run create DEPLOYMENT">Nothing like that has happened lately. To make something happen:</Empty>
      )}
      {events && events.length > 0 && <DataTable label="events" rows={events} columns={columns} keyOf={(event) => event.id} />}
      {readOlder && (
        <div className="pager">
          <Button className="button" onPress={readOlder}>
            Show older ones
          </Button>
        </div>
      )}
    </section>
  );
}

/** The name of an event, which opens all that is known of it. */
function Whole({ event }: { event: Event }) {
  return (
    <DialogTrigger>
      <Button className="text-button">
        <code>{event.event}</code>
      </Button>
      <ModalOverlay className="backdrop" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog">
            <Heading slot="title">{event.event}</Heading>
            <p className="quiet">{momentWords(event.occurred)}</p>
            <div>
              <Json label="About" value={event.resource} />
              <Json label="Related" value={event.related} />
              <Json label="Payload" value={event.payload} />
            </div>
            <div className="dialog-buttons">
              <Button slot="close" className="button">
                Close
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
