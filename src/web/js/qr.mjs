// QR codes (ISO/IEC 18004): bytes, error correction M, versions 1 to 40, as an SVG of one path.

import { utf8 } from "./base.mjs";

/** Codewords of error correction in each block, and blocks, by version, at level M. */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49];

/** Places of alignment marks. @param {number} version */
function marks(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((4 * version + 4) / (2 * count - 2)) * 2;
  const places = [6];
  for (let place = 4 * version + 10; places.length < count; place -= step) places.splice(1, 0, place);
  return places;
}

/** Codewords of a version, data and correction. @param {number} version */
function codewords(version) {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const count = Math.floor(version / 7) + 2;
    bits -= (25 * count - 10) * count - 55;
    if (version >= 7) bits -= 36;
  }
  return Math.floor(bits / 8);
}

/** Product in GF(256) modulo 0x11d. @param {number} left @param {number} right */
function times(left, right) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((right >> bit) & 1) * left;
  }
  return product;
}

/** Reed-Solomon's divisor of a degree. @param {number} degree */
function divisor(degree) {
  const result = new Array(degree).fill(0);
  result[degree - 1] = 1;
  for (let round = 0, root = 1; round < degree; round++, root = times(root, 2)) {
    for (let place = 0; place < degree; place++) {
      result[place] = times(result[place], root) ^ (place + 1 < degree ? result[place + 1] : 0);
    }
  }
  return result;
}

/** @param {number[]} data @param {number[]} by */
function remainder(data, by) {
  const result = new Array(by.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ result.shift();
    result.push(0);
    by.forEach((value, place) => (result[place] ^= times(value, factor)));
  }
  return result;
}

/** The least version that holds so many bytes. @param {number} count */
function versionFor(count) {
  for (let version = 1; version <= 40; version++) {
    const data = codewords(version) - CORRECTION[version - 1] * BLOCKS[version - 1];
    if (12 + (version < 10 ? 0 : 8) + 8 * count <= 8 * data) return version;
  }
  throw new RangeError("too long");
}

/** Data and correction as they are drawn. @param {Uint8Array} bytes @param {number} version */
function message(bytes, version) {
  const [whole, correction, blocks] = [codewords(version), CORRECTION[version - 1], BLOCKS[version - 1]];
  const capacity = whole - correction * blocks;
  /** @type {number[]} */
  const bits = [];
  const put = (/** @type {number} */ value, /** @type {number} */ count) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => put(byte, 8));
  put(0, Math.min(4, 8 * capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const data = [];
  for (let place = 0; place < bits.length; place += 8) data.push(parseInt(bits.slice(place, place + 8).join(""), 2));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad);

  const short = Math.floor(whole / blocks);
  const long = whole % blocks;
  const by = divisor(correction);
  const parts = [];
  for (let block = 0, from = 0; block < blocks; block++) {
    const size = short - correction + (block < blocks - long ? 0 : 1);
    const part = data.slice(from, from + size);
    parts.push({ part, check: remainder(part, by) });
    from += size;
  }
  const out = [];
  for (let place = 0; place <= short - correction; place++) for (const { part } of parts) if (place < part.length) out.push(part[place]);
  for (let place = 0; place < correction; place++) for (const { check } of parts) out.push(check[place]);
  return out;
}

const MASKS = [
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 2,
  (/** @type {number} */ _, /** @type {number} */ y) => y % 2,
  (/** @type {number} */ x) => x % 3,
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 3,
  (/** @type {number} */ x, /** @type {number} */ y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (/** @type {number} */ x, /** @type {number} */ y) => ((x * y) % 2) + ((x * y) % 3),
  (/** @type {number} */ x, /** @type {number} */ y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (/** @type {number} */ x, /** @type {number} */ y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** A square of modules; `fixed` ones carry no data. */
class Grid {
  /** @param {number} version */
  constructor(version) {
    this.version = version;
    this.side = 4 * version + 17;
    /** @type {number[][]} */
    this.dark = Array.from({ length: this.side }, () => new Array(this.side).fill(0));
    /** @type {boolean[][]} */
    this.fixed = Array.from({ length: this.side }, () => new Array(this.side).fill(false));
    this.frame();
  }

  /** @param {number} x @param {number} y @param {boolean | number} dark */
  fix(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.side || y >= this.side) return;
    this.dark[y][x] = Number(dark);
    this.fixed[y][x] = true;
  }

  frame() {
    for (let place = 0; place < this.side; place++) {
      this.fix(6, place, place % 2 === 0);
      this.fix(place, 6, place % 2 === 0);
    }
    for (const [cx, cy] of [[3, 3], [this.side - 4, 3], [3, this.side - 4]]) {
      for (let dy = -4; dy <= 4; dy++) {
        for (let dx = -4; dx <= 4; dx++) {
          const ring = Math.max(Math.abs(dx), Math.abs(dy));
          this.fix(cx + dx, cy + dy, ring !== 2 && ring !== 4);
        }
      }
    }
    const places = marks(this.version);
    const last = places.length - 1;
    places.forEach((cx, i) => places.forEach((cy, j) => {
      if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) this.fix(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }));
    this.format(0);
    if (this.version < 7) return;
    let rest = this.version;
    for (let round = 0; round < 12; round++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let place = 0; place < 18; place++) {
      const [a, b] = [this.side - 11 + (place % 3), Math.floor(place / 3)];
      this.fix(a, b, (bits >> place) & 1);
      this.fix(b, a, (bits >> place) & 1);
    }
  }

  /** @param {number} mask */
  format(mask) {
    // Level M is 0.
    let rest = mask;
    for (let round = 0; round < 10; round++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ 0x5412;
    const bit = (/** @type {number} */ place) => (bits >> place) & 1;
    for (let place = 0; place <= 5; place++) this.fix(8, place, bit(place));
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let place = 9; place < 15; place++) this.fix(14 - place, 8, bit(place));
    for (let place = 0; place < 8; place++) this.fix(this.side - 1 - place, 8, bit(place));
    for (let place = 8; place < 15; place++) this.fix(8, this.side - 15 + place, bit(place));
    this.fix(8, this.side - 8, true);
  }

  /** @param {number[]} words */
  fill(words) {
    let place = 0;
    for (let right = this.side - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.side; step++) {
        const y = ((right + 1) & 2) === 0 ? this.side - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x] || place >= 8 * words.length) continue;
          this.dark[y][x] = (words[place >> 3] >> (7 - (place & 7))) & 1;
          place++;
        }
      }
    }
  }

  /** @param {number} mask */
  turn(mask) {
    const open = MASKS[mask];
    for (let y = 0; y < this.side; y++) for (let x = 0; x < this.side; x++) if (!this.fixed[y][x] && open(x, y) === 0) this.dark[y][x] ^= 1;
  }

  /** How hard it is to read. */
  penalty() {
    let sum = 0;
    let count = 0;
    const lines = [this.dark, this.dark[0].map((_, x) => this.dark.map((row) => row[x]))];
    for (const grid of lines) {
      for (const row of grid) {
        const text = row.join("");
        for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
        for (const like of ["10111010000", "00001011101"]) {
          for (let from = text.indexOf(like); from >= 0; from = text.indexOf(like, from + 1)) sum += 40;
        }
      }
    }
    for (let y = 0; y < this.side; y++) {
      for (let x = 0; x < this.side; x++) {
        count += this.dark[y][x];
        const square = this.dark[y][x] + (this.dark[y][x + 1] ?? 9) + (this.dark[y + 1]?.[x] ?? 9) + (this.dark[y + 1]?.[x + 1] ?? 9);
        if (square === 0 || square === 4) sum += 3;
      }
    }
    return sum + 10 * Math.floor(Math.abs((20 * count) / (this.side * this.side) - 10));
  }
}

/** Rows of modules, 1 is dark. @param {string} text */
export function modules(text) {
  const bytes = utf8(text);
  const version = versionFor(bytes.length);
  const words = message(bytes, version);
  /** @type {{grid: Grid, penalty: number} | undefined} */
  let best;
  for (let mask = 0; mask < 8; mask++) {
    const grid = new Grid(version);
    grid.fill(words);
    grid.turn(mask);
    grid.format(mask);
    const penalty = grid.penalty();
    if (!best || penalty < best.penalty) best = { grid, penalty };
  }
  return /** @type {{grid: Grid}} */ (best).grid.dark;
}

/** A picture with the quiet zone of four modules, named for those who do not see it. @param {string} text @param {string} name */
export function qr(text, name) {
  const rows = modules(text);
  const side = rows.length + 8;
  let path = "";
  rows.forEach((row, y) => row.forEach((dark, x) => (path += dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  const make = (/** @type {string} */ tag, /** @type {{[name: string]: string}} */ attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = make("svg", { viewBox: `0 0 ${side} ${side}`, "shape-rendering": "crispEdges", role: "img", "aria-label": name, class: "qr" });
  svg.append(make("rect", { width: String(side), height: String(side), class: "light" }), make("path", { d: path, class: "dark" }));
  return svg;
}
