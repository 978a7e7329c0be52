import { Meter } from "react-aria-components";

interface GaugeProps {
  label: string;
  used: number;
  limit: number | null;
}

/** How many of the slots are used; without a limit there is nothing to fill. */
export function Gauge({ label, used, limit }: GaugeProps) {
  const words = limit === null ? `${used} used, no limit` : `${used} of ${limit} used`;
  const part = limit === null ? 0 : limit === 0 ? 1 : used / limit;
  return (
    <Meter aria-label={label} value={Math.min(part, 1)} maxValue={1} valueLabel={words} className="meter">
      <div className={part >= 1 ? "meter-track meter-full" : "meter-track"}>
        <div className="meter-fill" style={{ width: `${Math.min(part, 1) * 100}%` }} />
      </div>
    </Meter>
  );
}

/** Slots as a person writes them: 3/8, or 3 where there is no limit. */
export function slotWords(used: number, limit: number | null): string {
  return limit === null ? `${used}` : `${used}/${limit}`;
}
