// Days and times as the pages write them: in words of the page's language, in Bishkek (UTC+6, no daylight saving).

import { words } from "./words.mjs";

const say = await words("association");

/** A day in words. @param {string} iso `2026-11-23` */
export function day(iso) {
  const [year, month, number] = iso.split("-");
  return say("when-date", { year, month: String(Number(month)), day: String(Number(number)) });
}

/** Day, hour and minute in Bishkek. @param {string} iso `2026-11-23T03:00:00Z` */
export function bishkek(iso) {
  const there = new Date(Date.parse(iso) + 6 * 3_600_000).toISOString();
  return `${day(there.slice(0, 10))}, ${there.slice(11, 16)}`;
}
