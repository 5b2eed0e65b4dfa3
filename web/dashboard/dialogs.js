// Modal dialogs. The browser keeps the focus inside, gives it back at the end, and closes them on Escape.

import { byId } from "./dom.js";

export function prepareDialogs() {
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("dialog");
    if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
  });
}

/** Ask before something that cannot be undone. */
export function confirmed({ title, text, yes, danger = false }) {
  const dialog = byId("confirm-dialog");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  const button = byId("confirm-yes");
  button.textContent = yes;
  button.className = danger ? "danger" : "primary";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    button.onclick = () => dialog.close("yes");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
