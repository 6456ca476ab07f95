// Draws the phases of an invocation.
import { h } from "./dom.js";
import { duration } from "./format.js";

const PHASES = {
  queue: "Waiting", initialization: "Initialization", function: "Function", stream: "Streaming",
};

/** Returns the timeline of an invocation, as a bar and as a table. */
export function timeline(detail) {
  const phases = detail.timeline || [];
  const end = detail.total ?? Math.max(Date.now() - detail.time, ...phases.map((phase) => phase.to ?? phase.from));
  if (!phases.length || !end) return h("p", { class: "none" }, "The invocation waits for an environment.");
  const percent = (value) => `${Math.max(0, Math.min(100, (value / end) * 100))}%`;
  const bar = h("div", { class: "timeline", "aria-hidden": "true" },
    phases.map((phase) => h("div", { class: `phase ${phase.name}`, style: { left: percent(phase.from), width: percent((phase.to ?? end) - phase.from) } })),
    ticks(detail, percent));
  return h("div", {}, bar, h("div", { class: "scale", "aria-hidden": "true" }, h("span", {}, "0"), h("span", {}, duration(end))),
    h("dl", { class: "legend" }, phases.map((phase) => h("div", {},
      h("dt", {}, h("span", { class: `swatch ${phase.name}` }), PHASES[phase.name]),
      h("dd", {}, phase.to === null || phase.to === undefined ? "in flight" : duration(phase.to - phase.from)))),
    detail.env?.milliseconds !== undefined && h("div", {}, h("dt", {}, "Event to Rack env, measured now"), h("dd", {}, duration(detail.env.milliseconds)))));
}

// The times of the first chunks.
function ticks(detail, percent) {
  return (detail.stream?.entries || []).slice(0, 200).map((chunk) => h("i", { class: "tick", style: { left: percent(chunk.at) } }));
}
