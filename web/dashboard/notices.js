// What stands where data is not: loading, nothing there, something wrong.

import { el } from "./dom.js";
import { askForKey } from "./key.js";

export const loading = (what) => el("p", { class: "loading", role: "status" }, `Loading ${what} …`);

export function empty(title, text, ...buttons) {
  return el("div", { class: "empty" },
    el("h3", {}, title), el("p", {}, text), buttons.length ? el("div", { class: "buttons" }, buttons) : null);
}

/** A Problem in words, with what can be done about it. Anything else is a mistake of this page: the console has it. */
export function problem(error, retry) {
  if (!("errors" in error)) console.error(error);
  const title = error.title ?? "This page made a mistake";
  const mistakes = (error.errors ?? []).map((mistake) =>
    el("li", {}, mistake.parameter ? `${mistake.parameter}: ${mistake.message}` : mistake.message));
  const button = error.wantsKey
    ? el("button", { type: "button", class: "primary", onclick: askForKey }, "Enter the key")
    : el("button", { type: "button", onclick: retry }, "Try again");
  return el("div", { class: error.wantsKey ? "notice" : "notice bad", role: "alert" },
    el("h3", {}, title),
    mistakes.length ? el("ul", {}, mistakes) : el("p", {}, error.message),
    el("div", { class: "buttons" }, button));
}
