// The desk's entrance: the key file is opened here, signs a challenge, and stays with this tab as a handle that signs.

import { enter, leave } from "./api.mjs";
import { openKey, purpose, why } from "./desk.mjs";
import { forgetKey, keepKey } from "./keep.mjs";
import { announce, byId, ready, showErrors } from "./ui.mjs";
import { words } from "./words.mjs";

const say = await words("common", "refusals", "organiser");
const form = byId("enter");
const id = String(form.dataset.id);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  showErrors(form, [], say);
  announce(say("working"));
  try {
    const key = await openKey(form, say);
    if (!key) return;
    const { role } = await enter(id, key);
    if (role === "association") {
      await leave();
      showErrors(form, [{ field: "key-file", text: say("organiser-other-key") }], say);
      return;
    }
    await forgetKey(purpose(id));
    await keepKey(purpose(id), key);
    location.reload();
  } catch (error) {
    showErrors(form, [{ field: "key-file", text: why(error, say) }], say);
  } finally {
    announce("");
  }
});
ready(form);
