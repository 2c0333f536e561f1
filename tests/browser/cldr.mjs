// Writes `tests/it/cldr.json`: what Node's Intl (CLDR) says about months, weekdays, numbers, plurals and order of names.
// The tables in `src/web/format.rs` and `sort.rs` are held against it. Run: node tests/browser/cldr.mjs

import { writeFile } from "node:fs/promises";

const languages = { ky: "ky", ru: "ru", en: "en-GB" };
const numbers = [0, 7, 999, 1000, -1234, 12345, 1234567, 9007199254740991];
const counts = [0, 1, 2, 3, 4, 5, 11, 12, 14, 20, 21, 22, 25, 100, 101, 111, 112, 121, 1001];
const names = [
  "Өмүрова Айжан", "Омуралиев Бек", "Осмонов Таалай", "Үсөнов Эрлан", "Усенов Азамат", "Үмөталиева Гүл", "Ниязов Улан", "Ныязова Асел",
  "Ёлкин Иван", "Елкин Иван", "Жумабаев Нур", "Ибраимов Кубат", "Йусупов Али", "Яковлев Пётр", "асанов бек", "Асанов Бек", "Асан Уулу Бек",
  "Щербаков Олег", "Шамшиев Адил", "Ормонова 2", "Ормонова 10", "Эсенгулов Мирлан", "Юсупова Назгүл", "Тоңтоева Мээрим", "Тонтоева Мээрим",
];

/** @param {string} tag */
function of(tag) {
  const month = new Intl.DateTimeFormat(tag, { month: "long", day: "numeric", timeZone: "UTC" });
  const weekday = new Intl.DateTimeFormat(tag, { weekday: "long", timeZone: "UTC" });
  const days = (/** @type {number} */ count, /** @type {(n: number) => Date} */ make) => Array.from({ length: count }, (_, n) => make(n));
  return {
    months: days(12, (n) => new Date(Date.UTC(2026, n, 1))).map((day) => month.formatToParts(day).find((part) => part.type === "month")?.value),
    weekdays: days(7, (n) => new Date(Date.UTC(2026, 5, 1 + n))).map((day) => weekday.format(day)),
    numbers: numbers.map((number) => [number, new Intl.NumberFormat(tag).format(number)]),
    plurals: counts.map((count) => [count, new Intl.PluralRules(tag).select(count)]),
  };
}

/** The fixture as text. */
export function fixture() {
  const made = Object.fromEntries(Object.entries(languages).map(([code, tag]) => [code, of(tag)]));
  const sorted = [...names].sort(new Intl.Collator("ky").compare);
  return `${JSON.stringify({ cldr: process.versions.cldr, ...made, sorted }, null, 1)}\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(new URL("../it/cldr.json", import.meta.url), fixture());
}
