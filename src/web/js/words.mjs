// Messages for scripts, from the same Fluent files as the pages (`data-words` of <html> says where they are).

/**
 * @typedef {string | {v: string} | {s: string, of: {[name: string]: Said}, d: string}} Part
 * @typedef {string | Part[]} Said
 * @typedef {{[name: string]: string | number}} Values
 * @typedef {(key: string, values?: Values) => string} Say
 */

/** The page's language. */
export const language = document.documentElement.lang;
const rules = new Intl.PluralRules(language);
const separator = language === "en" ? "," : "\u00a0";

/**
 * Loads files of messages and answers the function that says them: `const say = await words("common", "member")`.
 * @param {...string} names
 * @returns {Promise<Say>}
 */
export async function words(...names) {
  const where = document.documentElement.dataset.words;
  const files = names.map(async (name) => (await fetch(`${where}${name}.json`)).json());
  /** @type {{[key: string]: Said}} */
  const all = Object.assign({}, ...(await Promise.all(files)));
  return (key, values = {}) => (key in all ? write(all[key], values) : `\u27e6${key}\u27e7`);
}

/** @param {Said} said @param {Values} values @returns {string} */
function write(said, values) {
  if (typeof said === "string") return said;
  return said.map((part) => (typeof part === "string" ? part : "v" in part ? shown(values[part.v]) : choose(part, values))).join("");
}

/** @param {{s: string, of: {[name: string]: Said}, d: string}} choice @param {Values} values */
function choose(choice, values) {
  const value = values[choice.s];
  const names = typeof value === "number" ? [String(value), rules.select(value)] : [String(value)];
  const found = names.find((name) => Object.hasOwn(choice.of, name)) ?? choice.d;
  return write(choice.of[found], values);
}

/** @param {string | number | undefined} value */
function shown(value) {
  return typeof value === "number" ? number(value) : String(value ?? "");
}

/** A whole number, grouped as the page's language does. @param {number} value */
export function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, separator);
}
