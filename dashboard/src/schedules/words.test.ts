import { describe, expect, it } from "vitest";

import { cronWords } from "./cronWords";
import { rruleWords } from "./rruleWords";
import { scheduleWords } from "./scheduleWords";
import { clockChanges, wallClock } from "./zones";

describe("a cron expression in words", () => {
  it.each([
    ["30 2 * * *", "every day at 02:30"],
    ["0 9,17 * * MON-FRI", "at 09:00 and 17:00 on Monday to Friday"],
    ["*/15 * * * *", "every 15 minutes"],
    ["* * * * *", "every minute"],
    ["5 * * * *", "every hour at minute 5"],
    ["0 */6 * * *", "every 6 hours at minute 0"],
    ["*/10 8-17 * * 1-5", "every 10 minutes from 08:00 to 17:59 on Monday to Friday"],
    ["0 0 1 1 *", "at 00:00 on day 1 of the month in January"],
    ["0 0 * * 7", "at 00:00 on Sunday"],
    ["@daily", "every day at 00:00"],
  ])("says %s", (expression, words) => {
    expect(cronWords(expression)).toBe(words);
  });

  it("says whether days and weekdays are both asked for", () => {
    expect(cronWords("0 6 13 * 5")).toBe("at 06:00 on day 13 of the month and on Friday");
    expect(cronWords("0 6 13 * 5", false)).toBe("at 06:00 on day 13 of the month, if it is Friday");
  });

  it.each(["0 0 L * *", "0 0 * * 1#2", "1-5/2 * * * *", "0 0 0 1 1 *", "nonsense"])("leaves %s as it is", (expression) => {
    expect(cronWords(expression)).toBeUndefined();
  });
});

describe("a recurrence rule in words", () => {
  it("says days, times and the end", () => {
    expect(rruleWords("DTSTART:20200101T093000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR")).toBe(
      "every 2 weeks on Monday and Friday at 09:30",
    );
    expect(rruleWords("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=8;BYMINUTE=0;UNTIL=20270101T000000")).toBe(
      "every month on the last Friday at 08:00 until 2027-01-01",
    );
    expect(rruleWords("RRULE:FREQ=HOURLY;COUNT=3")).toBe("every hour 3 times in all");
  });

  it("leaves sets of rules as they are", () => {
    expect(rruleWords("DTSTART:20200101T000000\nRRULE:FREQ=DAILY\nEXDATE:20200102T000000")).toBeUndefined();
    expect(rruleWords("RRULE:FREQ=YEARLY;BYEASTER=1")).toBeUndefined();
  });
});

it("says an interval by its units", () => {
  expect(scheduleWords({ interval: 86_400 }).words).toBe("every day");
  expect(scheduleWords({ interval: 5400 }).words).toBe("every 1 hour and 30 minutes");
  expect(scheduleWords({ interval: 300 }).words).toBe("every 5 minutes");
});

describe("changes of the clock", () => {
  it("marks the first start after each", () => {
    expect(clockChanges([3600, 7200, 7200, 3600], 3600)).toEqual([undefined, "clock 1 h forward", undefined, "clock 1 h back"]);
    expect(clockChanges([37_800], 39_600)).toEqual(["clock 30 min back"]);
  });

  it("shows what the clock of the zone shows", () => {
    // 02:30 on the day Berlin skips that hour is 03:30.
    expect(wallClock("2026-03-29T01:30:00Z", 7200)).toContain("03:30");
    expect(wallClock("2026-12-31T23:30:15Z", 3600)).toMatch(/Jan.*2027.*12:30:15|2027.*00:30:15/);
  });
});
