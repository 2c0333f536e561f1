// Days and times (FORMATS section 1; REPLAY sections 7): a day is a number of days since 1970-01-01, a time of seconds.
// Days are calendar days of Asia/Bishkek: UTC+6, no daylight saving.

const DAY = 86400, OFFSET = 6 * 3600, LAST = Date.UTC(9999, 11, 31) / 1000 / DAY;

/** `2026-11-23`, years 1970 to 9999, or null. @param {unknown} spelled @returns {number | null} */
export function parseDay(spelled) {
  if (typeof spelled !== 'string' || !/^(19[7-9]|[2-9]\d\d)\d-\d\d-\d\d$/.test(spelled)) return null;
  const ms = Date.parse(`${spelled}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== spelled ? null : ms / 1000 / DAY;
}

/** `2026-11-23T04:00:00Z`, or null. @param {unknown} spelled @returns {number | null} */
export function parseTime(spelled) {
  const match = typeof spelled === 'string' ? /^(.{10})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/.exec(spelled) : null;
  const day = match ? parseDay(match[1]) : null;
  return !match || day === null ? null : day * DAY + Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
}

/** Of something that the schema has admitted. @param {unknown} spelled */
export const dayOf = (spelled) => /** @type {number} */ (parseDay(spelled));
/** @param {unknown} spelled */
export const timeOf = (spelled) => /** @type {number} */ (parseTime(spelled));

/** @param {number} time */
export const dayAt = (time) => Math.floor((time + OFFSET) / DAY);
/** 00:00 of a day. @param {number} day */
export const start = (day) => day * DAY - OFFSET;
/** 24:00 of a day, the first instant that no longer belongs to it. @param {number} day */
export const end = (day) => start(day + 1);

/** So many days later; arithmetic stops at the end of the years. @param {number} day @param {number} days */
export const later = (day, days) => Math.min(LAST, day + days);

/** The same day so many months later, or that month's last day (R21, R5). @param {number} day @param {number} months */
export function addMonths(day, months) {
  const date = new Date(day * DAY * 1000);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0));
  return later(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(date.getUTCDate(), first.getUTCDate())) / 1000 / DAY, 0);
}

/** R21: moves a last day that is no working day to the next one. @param {number} day @param {Set<number>} holidays */
export function workingDay(day, holidays) {
  while ((day + 4) % 7 === 0 || (day + 4) % 7 === 6 || holidays.has(day)) {
    if (day === LAST) break;
    day++;
  }
  return day;
}
