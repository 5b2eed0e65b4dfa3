// The function key: asked for in a dialog, kept for this tab.

import { key } from "./api.js";
import { announce, byId } from "./dom.js";

let changed = () => {};

export function prepareKey(onChange) {
  changed = onChange;
  byId("key-button").onclick = askForKey;
  byId("key-form").onsubmit = (event) => {
    event.preventDefault();
    use(byId("key").value.trim());
  };
  byId("key-forget").onclick = () => use("");
  showWhetherThereIsOne();
}

export function askForKey() {
  byId("key").value = key.get();
  byId("key-dialog").showModal();
  byId("key").select();
}

function use(value) {
  key.set(value);
  byId("key-dialog").close();
  showWhetherThereIsOne();
  announce(value ? "The key is used from now on." : "The key is forgotten.");
  changed();
}

function showWhetherThereIsOne() {
  byId("key-button").textContent = key.get() ? "Function key ✓" : "Function key";
  byId("key-forget").hidden = !key.get();
}
