// Compares two invocations.
import { api } from "./api.js";
import { button, h, replace } from "./dom.js";
import { diff, hunks } from "./diff.js";
import { badge, bytes, duration, title, tone } from "./format.js";
import { Masker, parse } from "./secrets.js";

const MARKS = { same: " ", added: "+", removed: "−" };

/** Loads two invocations, and shows their differences. */
export async function compare(container, first, second, close) {
  const [before, after] = await Promise.all([api.record(first), api.record(second)]);
  const maskers = [new Masker(before), new Masker(after)];
  replace(container,
    h("div", { class: "detail-head" }, h("div", { class: "detail-title" }, h("h2", {}, "Comparison"), h("p", { class: "muted" }, "− only in A, + only in B")),
      button("Close", "close", close, { class: "push" })),
    h("div", { class: "panel", tabindex: "0", role: "region", "aria-label": "Differences" },
      summary(before, after, maskers),
      part("Request", before, after, maskers, requestText),
      part("Event", before, after, maskers, (detail, masker) => json(detail.event, masker)),
      part("Rack env", before, after, maskers, (detail, masker) => pairs(detail.env?.entries, masker)),
      part("Response", before, after, maskers, responseText),
      part("Payload", before, after, maskers, (detail, masker) => json(detail.payload, masker)),
      part("Log", before, after, maskers, (detail, masker) => (detail.log?.entries || []).map((line) => masker.text(line.text || "")).join("\n"))));
}

function summary(before, after, maskers) {
  const sizes = (detail, name) => detail.sizes.find((size) => size.name === name)?.bytes;
  const rows = [
    ["Invocation", (detail, masker) => h("a", { href: `#/${detail.id}` }, detail.kind === "http" ? masker.text(detail.title) : title(detail.title))],
    ["Result", (detail) => h("span", { class: `badge ${tone(detail)}` }, badge(detail))],
    ["Duration", (detail) => duration(detail.billing?.duration)],
    ["Billed", (detail) => detail.billing && `${detail.billing.billed} ms`],
    ["Event", (detail) => bytes(sizes(detail, "Event"))],
    ["Payload", (detail) => (sizes(detail, "Payload") === undefined ? "" : bytes(sizes(detail, "Payload")))],
  ];
  return h("table", { class: "pairs comparison" }, h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, "A"), h("th", { scope: "col" }, "B"))),
    h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value(before, maskers[0])), h("td", {}, value(after, maskers[1]))))));
}

function part(name, before, after, maskers, text) {
  const [a, b] = [text(before, maskers[0]), text(after, maskers[1])];
  if (!a && !b) return null;
  const heading = h("h3", {}, name);
  if (a === b) return h("section", { class: "part" }, heading, h("p", { class: "none" }, "No difference"));
  return h("section", { class: "part" }, heading, h("div", { class: "code diff", role: "region", tabindex: "0", "aria-label": `Differences: ${name}` },
    hunks(diff(a, b)).map(([kind, line]) => (kind === "gap" ? h("div", { class: "gap" }, `${line} equal line${line === 1 ? "" : "s"}`)
      : h("div", { class: kind }, h("span", { class: "mark" }, MARKS[kind]), line)))));
}

function requestText({ request }, masker) {
  return request ? [`${request.method} ${masker.text(request.url)}`, pairs(request.headers, masker), masker.text(request.body.text || "")].join("\n") : "";
}

function responseText({ response }, masker) {
  return response ? [response.status, pairs(response.headers, masker), masker.text(response.body?.text || "")].join("\n") : "";
}

const pairs = (list, masker) => (list || []).map(([name, value]) => `${name}: ${masker.value(name, value)}`).join("\n");

function json(text, masker) {
  const value = parse(text?.text);
  return value === undefined ? masker.text(text?.text || "") : JSON.stringify(masker.tree(value), null, 2);
}
