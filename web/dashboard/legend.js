// The legend of a chart: a button for each line, which shows and hides it. Lines differ by mark, not by colour alone.

import { el, svg } from "./dom.js";

/** As Chart.js draws them, in the order of the series. */
export const MARKS = [
  { pointStyle: "circle" },
  { pointStyle: "rect" },
  { pointStyle: "triangle" },
  { pointStyle: "rectRot" },
  { pointStyle: "triangle", pointRotation: 180 },
  { pointStyle: "crossRot" },
  { pointStyle: "cross" },
  { pointStyle: "star" },
];

const SHAPES = [
  "M8 3a5 5 0 1 0 .01 0z", "M3 3h10v10H3z", "M8 2l6 11H2z", "M8 1l7 7-7 7-7-7z", "M8 14L2 3h12z",
  "M3 3l10 10M13 3L3 13", "M8 2v12M2 8h12", "M8 2v12M2 8h12M4 4l8 8M12 4l-8 8",
];

export function legend(chart) {
  const buttons = chart.data.datasets.map((dataset, index) => {
    const button = el("button", { type: "button", "aria-pressed": String(chart.isDatasetVisible(index)) },
      mark(index, dataset.borderColor), dataset.label);
    button.onclick = () => {
      chart.setDatasetVisibility(index, !chart.isDatasetVisible(index));
      chart.update();
      button.setAttribute("aria-pressed", String(chart.isDatasetVisible(index)));
    };
    return button;
  });
  return el("div", { class: "legend", role: "group", "aria-label": "Lines of the chart" }, buttons);
}

function mark(index, colour) {
  const path = svg("path", { d: SHAPES[index], fill: index < 5 ? colour : "none", stroke: colour, "stroke-width": 2 });
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}
