// Who signs: a key opened in this page, or an offline machine that takes a request and gives back what it signed.

import { base64, unbase64 } from "./base.mjs";
import { pae, payload, sign, toSign } from "./dsse.mjs";
import { keyId, pointOf } from "./keys.mjs";
import { el, save } from "./ui.mjs";

/** @typedef {import("./dsse.mjs").Envelope} Envelope */
/** @typedef {import("./base.mjs").Bytes} Bytes */
/** @typedef {(done: number, of: number) => void} Tick */
/**
 * @typedef {object} Signer
 * @property {string} id key id
 * @property {string} public
 * @property {boolean} offline
 * @property {(sealed: Envelope) => Promise<Envelope>} sign the envelope with this one signature
 * @property {(bytes: Bytes) => Promise<string>} protocol signature over the protocol's bytes, base64
 * @property {(paes: Bytes[], tick: Tick) => Promise<Bytes>} ballots 64 bytes for each
 */
/** What an offline machine is asked for. @typedef {{name: string, media: string, content: Bytes | string, command: string, link?: string}} Request */
/** Shows a request and waits for a file that passes the check. @typedef {<T>(request: Request, check: (back: Bytes) => Promise<T>) => Promise<T>} Exchange */

export const PROTOCOL_TYPE = "application/vnd.esep.protocol.v1+json";

/** A file from the offline machine that does not fit; `code` names the message `member-offline-<code>`. */
export class ExchangeError extends Error {
  /** @param {"other" | "unsigned" | "wrong" | "length" | "unreadable"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {import("./keys.mjs").Key} key @returns {Signer} */
export function inPage(key) {
  return {
    id: key.id,
    public: key.public,
    offline: false,
    sign: (sealed) => sign({ ...sealed, signatures: [] }, key),
    protocol: async (bytes) => base64(await key.sign(pae(PROTOCOL_TYPE, bytes))),
    async ballots(paes, tick) {
      const all = new Uint8Array(64 * paes.length);
      for (const [place, bytes] of paes.entries()) {
        all.set(await key.sign(bytes), 64 * place);
        if (place % 50 === 49 || place + 1 === paes.length) {
          tick(place + 1, paes.length);
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
      return all;
    },
  };
}

/** @param {string} publicKey @param {Bytes} bytes @param {Uint8Array} signature */
async function holds(publicKey, bytes, signature) {
  const key = await crypto.subtle.importKey("raw", /** @type {Bytes} */ (pointOf(publicKey)), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, /** @type {Bytes} */ (signature), bytes);
}

/**
 * A member whose key never comes near this machine.
 * @param {string} publicKey
 * @param {string} bundle address of the bundle
 * @param {Exchange} exchange
 * @returns {Promise<Signer>}
 */
export async function elsewhere(publicKey, bundle, exchange) {
  const id = await keyId(pointOf(publicKey));
  return {
    id,
    public: publicKey,
    offline: true,
    async sign(sealed) {
      const bare = { ...sealed, signatures: [] };
      const content = `${JSON.stringify(bare)}\n`;
      const command = "esep sign request.json --key KEY.pem --out signed.json";
      return exchange({ name: "request.json", media: "application/json", content, command }, (back) => checked(back, bare, id, publicKey));
    },
    async protocol(bytes) {
      const command = "esep sign --protocol protocol.json --key KEY.pem --out protocol.sig";
      return exchange({ name: "protocol.json", media: "application/json", content: bytes, command }, async (back) => {
        const sig = new TextDecoder().decode(back).trim();
        if (!(await holds(publicKey, pae(PROTOCOL_TYPE, bytes), raw(sig)))) throw new ExchangeError("wrong");
        return sig;
      });
    },
    async ballots(paes, tick) {
      const command = "esep sign --ballots BUNDLE.tar --key KEY.pem --out ballots.signatures";
      return exchange({ name: "BUNDLE.tar", media: "application/x-tar", content: "", command, link: bundle }, async (back) => {
        if (back.length !== 64 * paes.length) throw new ExchangeError("length");
        for (const [place, bytes] of paes.entries()) {
          if (!(await holds(publicKey, bytes, back.slice(64 * place, 64 * place + 64)))) throw new ExchangeError("wrong");
          if (place % 50 === 49 || place + 1 === paes.length) tick(place + 1, paes.length);
        }
        return back;
      });
    },
  };
}

/** @param {string} letters */
function raw(letters) {
  try {
    return unbase64(letters);
  } catch {
    throw new ExchangeError("unreadable");
  }
}

/** What came back is the very request, with a signature that holds. @param {Bytes} back @param {Envelope} asked @param {string} id @param {string} publicKey @returns {Promise<Envelope>} */
async function checked(back, asked, id, publicKey) {
  /** @type {Envelope} */
  let sealed;
  try {
    sealed = JSON.parse(new TextDecoder().decode(back));
    payload(sealed);
  } catch {
    throw new ExchangeError("unreadable");
  }
  if (sealed.payload !== asked.payload || sealed.payloadType !== asked.payloadType) throw new ExchangeError("other");
  const own = sealed.signatures?.find((signature) => signature.keyid === id);
  if (!own) throw new ExchangeError("unsigned");
  if (!(await holds(publicKey, toSign(sealed), raw(own.sig)))) throw new ExchangeError("wrong");
  return { ...asked, signatures: [own] };
}

/**
 * The three steps of the offline way, as elements; `done` gets the file that came back.
 * @param {Request} request
 * @param {import("./words.mjs").Say} say
 * @param {(file: Bytes) => unknown} done
 */
export function exchangeSteps(request, say, done) {
  const store = () => save(request.name, request.media, request.content);
  const first = request.link
    ? el("a", { href: request.link, download: request.name, class: "button", id: "offline-save" }, say("member-offline-save"))
    : el("button", { type: "button", id: "offline-save", onclick: store }, say("member-offline-save"));
  const took = async (/** @type {Event} */ event) => {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    if (file) done(new Uint8Array(await file.arrayBuffer()));
  };
  const back = el("input", { type: "file", id: "offline-back", onchange: took });
  return el(
    "ol",
    { class: "steps" },
    el("li", {}, el("p", {}, say("member-offline-1", { name: request.name })), el("p", {}, first)),
    el("li", {}, el("p", {}, say("member-offline-2")), el("p", {}, el("code", {}, request.command))),
    el("li", {}, el("div", { class: "field" }, el("label", { for: "offline-back" }, say("member-offline-3")), back)),
  );
}
