// Uploads: files are dropped or chosen, get a name, and go straight to the storage, each to an address of its own.

import { get, request } from "./api.js";
import { announce, el, freshId, labelled } from "./dom.js";
import { formatBytes, formatCount } from "./format.js";
import { send } from "./send.js";

/** `onUploaded` is told each name that has arrived. */
export function prepareUpload(root, { onUploaded }) {
  const chosen = new Map();
  const folders = el("datalist", { id: freshId("folders") });
  const folder = el("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: "sales/", oninput: () => rename() });
  folder.setAttribute("list", folders.id);
  const input = el("input", { type: "file", multiple: true, hidden: true, onchange: () => add(input.files) });
  const choose = el("button", { type: "button", class: "primary", onclick: () => input.click() }, "Choose files");
  const area = el("div", { class: "drop" }, el("p", {}, "Drop CSV files here, also packed ones (.gz, .zst)"), choose, input);
  const list = el("ul", { class: "chosen", "aria-label": "Chosen files" });
  const start = el("button", { type: "button", class: "primary", onclick: uploadAll });
  const buttons = el("div", { class: "buttons", hidden: true }, start);
  root.replaceChildren(
    el("h2", { id: "upload-title" }, "Upload"),
    el("div", { class: "controls" }, labelled("Folder (decides the dataset)", folder), folders),
    el("div", {}, area), list, buttons);
  takesDrops(area, add);
  folder.addEventListener("focus", () => suggestFolders(folders), { once: true });

  function add(files) {
    for (const file of files) {
      const item = chosenItem(file, () => drop(item));
      chosen.set(item.element, item);
      list.append(item.element);
    }
    input.value = "";
    rename();
    announce(`${formatCount(files.length, "file")} chosen.`);
    start.focus();
  }

  function rename() {
    for (const item of waiting()) item.suggest(inFolder(folder.value, item.file.name));
    show();
  }

  function drop(item) {
    item.element.remove();
    chosen.delete(item.element);
    show();
    (waiting().length ? start : choose).focus();
  }

  const waiting = () => [...chosen.values()].filter((item) => item.isWaiting());

  function show() {
    const { length } = waiting();
    buttons.hidden = !length;
    start.textContent = `Upload ${formatCount(length, "file")}`;
  }

  async function uploadAll() {
    const items = waiting();
    buttons.hidden = true;
    for (const item of items) {
      const name = await item.upload();
      if (name) onUploaded(name);
    }
    show();
    choose.focus();
  }
}

const inFolder = (folder, name) => (folder.trim() ? `${folder.trim().replace(/^\/+|\/+$/g, "")}/${name}` : name);

/** The beginnings of the patterns that datasets have for their files. */
async function suggestFolders(list) {
  const { value: datasets } = await get(["datasets"]).catch(() => ({ value: [] }));
  const found = datasets.map(({ files }) => (files ?? "").split(/[*?[{]/)[0]).filter((text) => text.endsWith("/"));
  list.replaceChildren(...[...new Set(found)].map((value) => el("option", { value })));
}

function takesDrops(area, add) {
  const over = (event, isOver) => {
    event.preventDefault();
    area.classList.toggle("over", isOver);
  };
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, (event) => over(event, true));
  area.addEventListener("dragleave", (event) => over(event, false));
  area.addEventListener("drop", (event) => {
    over(event, false);
    add(event.dataTransfer.files);
  });
  // A file that misses the area would take the page's place.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
}

/** A file that was chosen, with the name it will have, and how far it has come. */
function chosenItem(file, onRemove) {
  let state = "waiting";
  let isOwnName = false;
  const name = el("input", { type: "text", autocomplete: "off", spellcheck: false, oninput: () => (isOwnName = true) });
  const remove = el("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: onRemove }, "Remove");
  const said = el("p", { class: "small muted" }, formatBytes(file.size));
  const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": `Upload of ${file.name}` });
  const element = el("li", {}, labelled("Name", name), remove, bar, said);

  function say(text, className = "muted") {
    said.textContent = text;
    said.className = `small ${className}`;
    announce(`${name.value}: ${text}`);
  }

  return {
    file,
    element,
    isWaiting: () => state === "waiting",
    suggest: (text) => {
      if (!isOwnName) name.value = text;
    },
    upload: async () => {
      state = "sending";
      name.disabled = true;
      bar.hidden = false;
      try {
        const target = await (await request(["uploads"], { method: "POST", body: { name: name.value.trim() } })).json();
        await send(file, target, (share) => (bar.value = share));
        state = "sent";
        remove.textContent = "Done";
        remove.setAttribute("aria-label", `Done with ${file.name}`);
        say("Uploaded. It is being read now.", "done");
        return target.name;
      } catch (error) {
        state = "waiting";
        name.disabled = false;
        bar.hidden = true;
        say([error.title, ...(error.errors?.length ? error.errors.map(({ message }) => message) : [error.message])].filter(Boolean).join(": "), "problem");
        return null;
      }
    },
  };
}
