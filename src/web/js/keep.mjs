// What this browser keeps between pages: drafts with their files, and, for one tab, a key that cannot be taken out.
//
// A key is kept only as a handle that signs (non-extractable), under a name that this tab alone knows: closing the tab
// forgets the name, and the next page that opens throws away what no tab can name and what is older than its session.

import { hex, random } from "./base.mjs";
import { Key } from "./keys.mjs";

const SESSION = 12 * 60 * 60 * 1000;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("esep", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("drafts");
      asked.result.createObjectStore("keys");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/**
 * @template T
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>}
 */
async function within(store, mode, act) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(store, mode);
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** @param {string} name @param {unknown} draft */
export function keepDraft(name, draft) {
  return within("drafts", "readwrite", (store) => store.put(draft, name));
}

/** @param {string} name @returns {Promise<any>} */
export function keptDraft(name) {
  return within("drafts", "readonly", (store) => store.get(name));
}

/** @param {string} name */
export function dropDraft(name) {
  return within("drafts", "readwrite", (store) => store.delete(name));
}

/** The name of this tab's key for a purpose. @param {string} purpose @param {boolean} make */
function tabName(purpose, make) {
  const place = `esep-key-${purpose}`;
  let name = sessionStorage.getItem(place);
  if (!name && make) {
    name = hex(random(16));
    sessionStorage.setItem(place, name);
  }
  return name;
}

/** Keeps a key's handle for this tab. @param {string} purpose @param {Key} key */
export async function keepKey(purpose, key) {
  const name = String(tabName(purpose, true));
  await within("keys", "readwrite", (store) => store.put({ secret: key.handle, point: key.point, id: key.id, at: Date.now() }, name));
}

/** This tab's key, if it was opened and its session is not over. @param {string} purpose @returns {Promise<Key | undefined>} */
export async function keptKey(purpose) {
  const name = tabName(purpose, false);
  const old = await within("keys", "readonly", (store) => store.getAll());
  const names = await within("keys", "readonly", (store) => store.getAllKeys());
  for (const [place, one] of old.entries()) {
    if (Date.now() - one.at > SESSION) await within("keys", "readwrite", (store) => store.delete(names[place]));
  }
  if (!name) return undefined;
  const found = await within("keys", "readonly", (store) => store.get(name));
  return found && new Key(found.secret, found.point, found.id);
}

/** @param {string} purpose */
export async function forgetKey(purpose) {
  const name = tabName(purpose, false);
  if (!name) return;
  await within("keys", "readwrite", (store) => store.delete(name));
  sessionStorage.removeItem(`esep-key-${purpose}`);
}
