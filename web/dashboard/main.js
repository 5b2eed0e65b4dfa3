// The page: which view is shown, and what happens when its address, the key or the files change.

import { addressOf, noteAddress, readAddress } from "./address.js";
import { get } from "./api.js";
import { prepareDialogs } from "./dialogs.js";
import { byId, el } from "./dom.js";
import { prepareFiles } from "./files.js";
import { formatCount } from "./format.js";
import { prepareKey } from "./key.js";
import { empty, loading, problem } from "./notices.js";
import { forgetReport, refreshReport, showReport } from "./report.js";
import { prepareUpload } from "./upload.js";

let reports = null;
let shown = "";

const files = prepareFiles(byId("files"), { onSettled: () => loadReports({ quietly: true }) });
prepareUpload(byId("upload"), { onUploaded: files.watch });
prepareDialogs();
prepareKey(() => {
  loadReports({});
  files.reload();
});
prepareNetwork();
byId("main").parentElement.querySelector(".skip").onclick = (event) => {
  event.preventDefault(); // the part behind the # says what is shown
  byId("main").focus();
};
addEventListener("hashchange", () => route({ moved: true }));

route({});
loadReports({});

function route({ moved = false }) {
  const state = readAddress();
  byId("reports-view").hidden = state.view !== "reports";
  byId("files-view").hidden = state.view !== "files";
  for (const view of ["reports", "files"]) mark(byId(`to-${view}`), state.view === view);
  if (state.view === "reports") routeReport(state, moved);
  else document.title = "Files";
  if (moved && state.view !== shown) (state.view === "files" ? byId("files-title") : byId("main")).focus();
  shown = state.view;
}

function routeReport(state, moved) {
  if (!reports?.length) return;
  const summary = state.report ? reports.find((report) => report.name === state.report) : reports[0];
  for (const link of byId("report-list").querySelectorAll("a")) mark(link, link.dataset.report === summary?.name);
  document.title = summary ? `${summary.name} – Reports` : "Reports";
  if (!summary) {
    forgetReport();
    byId("report").replaceChildren(empty(`There is no report “${state.report}”`, "Choose one from the list."));
    return;
  }
  if (!state.report) noteAddress({ ...state, report: summary.name });
  showReport(byId("report"), summary, { ...state, report: summary.name });
  if (moved) byId("report").querySelector("h1")?.focus();
}

async function loadReports({ quietly = false }) {
  const article = byId("report");
  if (!quietly) {
    forgetReport();
    article.replaceChildren(loading("reports"));
  }
  try {
    reports = (await get(["reports"])).value;
  } catch (error) {
    if (quietly) return;
    reports = null;
    byId("report-list").replaceChildren();
    article.replaceChildren(problem(error, () => loadReports({})));
    return;
  }
  list();
  if (!reports.length) article.replaceChildren(nothingYet());
  else if (!quietly || !article.querySelector("h1")) routeReport(readAddress(), false);
  else refreshReport(reports);
}

function list() {
  const focused = document.activeElement?.dataset?.report;
  byId("report-list").replaceChildren(...reports.map((report) =>
    el("li", {}, el("a", { href: addressOf({ report: report.name }) },
      report.name,
      el("small", {}, report.rows ? `${formatCount(report.rows, "row")} · ${newest(report)}` : "no rows yet")))));
  byId("report-list").querySelectorAll("a").forEach((link, index) => {
    link.dataset.report = reports[index].name;
    if (link.dataset.report === focused) link.focus();
  });
  const state = readAddress();
  for (const link of byId("report-list").querySelectorAll("a")) {
    mark(link, link.dataset.report === (state.report || reports[0].name));
  }
}

const newest = (report) => (report.period === "all" ? report.dataset : `to ${report.newestPeriod}`);

function nothingYet() {
  const go = el("button", { type: "button", class: "primary", onclick: () => (location.hash = "files") }, "Upload a file");
  return empty("No reports yet", "Upload a CSV file: a report of it appears here some seconds later.", go);
}

function mark(link, isCurrent) {
  if (isCurrent) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function prepareNetwork() {
  const show = () => (byId("offline").hidden = navigator.onLine);
  addEventListener("offline", show);
  addEventListener("online", () => {
    show();
    loadReports({ quietly: true });
    files.reload();
  });
  show();
}
