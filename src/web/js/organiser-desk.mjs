// Leaving the desk: the session ends, and the tab forgets the key.

import { leave } from "./api.mjs";
import { purpose } from "./desk.mjs";
import { forgetKey } from "./keep.mjs";
import { byId } from "./ui.mjs";

const button = byId("leave");
button.hidden = false;
button.addEventListener("click", async () => {
  await forgetKey(purpose(String(button.dataset.id)));
  await leave().catch(() => undefined);
  location.reload();
});
