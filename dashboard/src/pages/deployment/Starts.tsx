import type { UpcomingStarts } from "../../api/schedules";
import { clockChanges, viewerOffset, viewerZone, wallClock } from "../../schedules/zones";
import { useNow } from "../../time/clock";
import { agoWords } from "../../time/words";

interface StartsProps {
  outlook: UpcomingStarts;
  /** Which schedule, for those who don't see the page. */
  name: string;
}

/** The next starts of a schedule, by the viewer's clock and by its own, with changes of either marked. */
export function Starts({ outlook, name }: StartsProps) {
  const now = useNow();
  if (outlook.starts.length === 0) return <p className="quiet">It is over: no start is left.</p>;
  const own = clockChanges(
    outlook.starts.map((start) => start.utc_offset_seconds),
    outlook.utc_offset_seconds,
  );
  const offsets = outlook.starts.map((start) => viewerOffset(start.at));
  const viewers = clockChanges(offsets, viewerOffset(new Date(now).toISOString()));
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={`Next starts of ${name}`}>
      <table className="table starts">
        <thead>
          <tr>
            <th scope="col">Next starts</th>
            <th scope="col">Your time ({viewerZone()})</th>
            <th scope="col">Its time ({outlook.timezone})</th>
          </tr>
        </thead>
        <tbody>
          {outlook.starts.map((start, index) => (
            <tr key={start.at}>
              <td>{agoWords(start.at, now)}</td>
              <td data-clock="yours">
                {wallClock(start.at, offsets[index] ?? 0)} <Change words={viewers[index]} />
              </td>
              <td data-clock="its">
                {wallClock(start.at, start.utc_offset_seconds)} <Change words={own[index]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Change({ words }: { words: string | undefined }) {
  return words === undefined ? null : <span className="badge badge-warn">{words}</span>;
}
